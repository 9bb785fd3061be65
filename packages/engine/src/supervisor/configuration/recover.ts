/**
 * At boot: an apply that was under way is finished, if its version had come to count, and forgotten otherwise. Files are
 * written only behind that point, so a version that does not count yet has changed none.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { ConfDocument, defaults, loadConfig } from '@pgherd/config';
import { resolveSecrets } from '@pgherd/config/version';
import { type ConfigurationFileName, configurationFileNames } from '@pgherd/operations';
import type { FilePaths, GivenTexts } from '../files.ts';
import { livePid } from '../pid-file.ts';
import { replaceFile } from './durable.ts';
import { VersionStore } from './store.ts';

export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

export const pathOf = (paths: FilePaths, name: ConfigurationFileName): string =>
  name === 'pgpool.conf' ? paths.config : paths.hba;

/** pool_hba.conf first: work_dir, by which an unfinished apply is found, may change with pgpool.conf. */
export const WRITE_ORDER = [...configurationFileNames].reverse();

/** @returns texts to start with where a file cannot be written */
export function recoverPending(paths: FilePaths, tell: (message: string) => void): GivenTexts {
  const places = placesOf(paths.config);
  if (places === null) return {};
  const store = new VersionStore(places.workDir);
  const { pending } = store;
  if (pending === null || livePid(places.pidFile) !== null) return {};
  if (store.current?.hash !== pending.hash) {
    // no secret
    tell(`an apply of the configuration ${short(pending.hash)} was broken off before it counted: nothing has changed`);
    store.end();
    return {};
  }
  const version = store.read(pending.hash);
  if (version === null) {
    tell(`the configuration ${short(pending.hash)} cannot be read in ${store.directory}: the files stay as they are`);
    return {};
  }
  const found = WRITE_ORDER.map((name) => ({ name, digest: digestOf(readOrEmpty(pathOf(paths, name))) }));
  const foreign = found.filter(({ name, digest }) => pending.files[name]?.includes(digest) !== true);
  if (foreign.length > 0) {
    const names = foreign.map(({ name }) => pathOf(paths, name)).join(', ');
    tell(`${names} was changed since the configuration ${short(pending.hash)} was applied to it: it is left as it is`);
    store.end();
    return {};
  }
  const given: { config?: string; hba?: string } = {};
  for (const { name, digest } of found) {
    const text = version.files[name];
    if (text === undefined || digest === pending.files[name]?.[1]) continue; // no secret
    const file = pathOf(paths, name);
    const whole = resolveSecrets(text, (reference) => version.secrets.get(reference) ?? null);
    try {
      replaceFile(file, whole);
    } catch (error) {
      tell(`${file} cannot be written (${(error as Error).message}): the proxy starts with the applied configuration`);
      if (name === 'pgpool.conf') given.config = whole;
      else given.hba = whole;
    }
  }
  if (given.config === undefined && given.hba === undefined) store.end();
  tell(`the apply of the configuration ${short(pending.hash)} that was broken off is finished`);
  return given;
}

export const short = (hash: string): string => hash.slice(0, 12);

function readOrEmpty(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Of a file that may be one that cannot be used: then only what is needed here is read. */
function placesOf(file: string): { readonly workDir: string; readonly pidFile: string } | null {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch {
    return null;
  }
  const loaded = loadConfig({ text, file, readFile: (name) => fs.readFileSync(name, 'utf8') });
  if (loaded.ok) return { workDir: loaded.settings.work_dir, pidFile: loaded.settings.pid_file_name };
  const document = ConfDocument.parse(text, file);
  return {
    workDir: document.get('work_dir') ?? defaults().work_dir,
    pidFile: document.get('pid_file_name') ?? defaults().pid_file_name,
  };
}
