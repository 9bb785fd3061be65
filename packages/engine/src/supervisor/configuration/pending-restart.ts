/** What the texts that were loaded say, and only a restart brings into effect. */
import fs from 'node:fs';
import { diffSettings, loadConfig, lookUpName, type Settings } from '@pgherd/config';
import { secretName } from '@pgherd/config/version';
import type { FilePaths } from '../files.ts';

const MASK = '*****';

/** @param found nodes that no file names, which is no wish to be rid of them @returns by name: the value to come, as SHOW
 *  would print it */
export function waitingForRestart(
  paths: FilePaths,
  text: string,
  running: Settings,
  found: ReadonlySet<number>,
): ReadonlyMap<string, string> {
  const loaded = loadConfig({ text, file: paths.config, readFile: (file) => fs.readFileSync(file, 'utf8') });
  const waiting = new Map<string, string>();
  if (!loaded.ok) return waiting;
  for (const { name, new: to, effect } of diffSettings(running, loaded.settings)) {
    if (effect !== 'restart') continue;
    const place = lookUpName(name);
    const isFound = place.kind === 'known' && place.index !== null && found.has(place.index);
    if (isFound && place.parameter.group === 'Backends' && to === null) continue;
    waiting.set(name, secretName(name) !== null ? MASK : (to ?? ''));
  }
  return waiting;
}
