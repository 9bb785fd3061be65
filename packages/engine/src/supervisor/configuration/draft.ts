/** A draft in the engine's eyes: secrets put in, parsed, compared with what runs. Changes nothing. */
import fs from 'node:fs';
import path from 'node:path';
import {
  ConfDocument,
  type ConfigIssue,
  diffSettings,
  findParameter,
  formatIssue,
  loadConfig,
  lookUpName,
  parameters,
  parseConfig,
  parseHba,
  type Settings,
} from '@pgherd/config';
import {
  isGuarded,
  referenceOf,
  resolveSecrets,
  secretName,
  secretsIn,
  tableFacts,
  UnwritableSecretError,
} from '@pgherd/config/version';
import type { ConfigurationChange, ConfigurationCheck, ConfigurationFinding } from '@pgherd/operations';
import type { FilePaths } from '../files.ts';

export interface Running {
  readonly settings: Settings;
  /** As it is on disk; null where it cannot be read. */
  readonly fileConfig: string | null;
  readonly fileHba: string | null;
}

export interface DraftTexts {
  readonly config: string;
  readonly hba: string | null;
}

export interface ReadDraft {
  /** With secrets; null when one is missing or cannot be written. */
  readonly texts: DraftTexts | null;
  /** As a start would take it; null when it cannot be used. */
  readonly settings: Settings | null;
  readonly findings: readonly ConfigurationFinding[];
  readonly changes: readonly ConfigurationChange[];
  readonly refused: readonly string[];
  readonly missingSecrets: readonly string[];
  readonly unknown: ConfigurationCheck['unknown'];
  readonly renamed: ConfigurationCheck['renamed'];
  readonly hbaChanges: boolean;
}

export function readDraft(
  given: DraftTexts,
  secretOf: (reference: string) => string | null,
  running: Running,
  paths: FilePaths,
): ReadDraft {
  const findings: ConfigurationFinding[] = [];
  const missingSecrets = [
    ...new Set(
      secretsIn(given.config)
        .map(({ value }) => referenceOf(value))
        .filter((reference): reference is string => reference !== null && secretOf(reference) === null),
    ),
  ];
  for (const reference of missingSecrets) {
    findings.push(
      error('pgpool.conf', reference.split('#')[0] ?? null, `${reference} has no value here: send it along`),
    );
  }
  const whole = withSecrets(given.config, (reference) => secretOf(reference) ?? '', findings);
  const names = namesOf(whole);
  const readConfig = knownFiles(paths.config, running.fileConfig, (readFile, text) =>
    loadConfig({ text, file: paths.config, readFile }),
  );
  const readHba = knownFiles(paths.hba, running.fileHba, (readFile, text) =>
    parseHba({ text, file: paths.hba, readFile }),
  );
  const parsed = parseConfig({ text: whole, file: 'pgpool.conf', readFile: readConfig });
  for (const issue of [...(parsed.ok ? [] : parsed.issues), ...parsed.warnings]) findings.push(findingOf(issue));
  const hba = given.hba ?? running.fileHba;
  const hbaParsed = hba === null ? null : parseHba({ text: hba, file: 'pool_hba.conf', readFile: readHba });
  const hbaUsed = given.hba !== null || (parsed.ok && parsed.settings.enable_pool_hba);
  if (hbaParsed !== null && hbaUsed) {
    for (const issue of hbaParsed.ok ? hbaParsed.warnings : hbaParsed.issues) findings.push(findingOf(issue));
  }
  if (hba === null && parsed.ok && parsed.settings.enable_pool_hba) {
    findings.push(error('pool_hba.conf', null, 'is not there, and enable_pool_hba = on needs it'));
  }
  const settings = parsed.ok ? parsed.settings : null;
  const refused = [
    ...(settings === null ? [] : refusedChanges(settings, running, paths)),
    ...refusedFiles(whole, hba, running),
  ];
  return {
    texts: missingSecrets.length > 0 || findings.some(isError) ? null : { config: whole, hba },
    settings,
    findings: findings.toSorted((a, b) => RANK[a.severity] - RANK[b.severity]),
    changes: settings === null ? [] : changesOf(running.settings, settings, refused),
    refused,
    missingSecrets,
    unknown: names.unknown,
    renamed: names.renamed,
    hbaChanges: given.hba !== null && given.hba !== running.fileHba,
  };
}

const RANK = { error: 0, warning: 1, info: 2 } as const;
const isError = ({ severity }: ConfigurationFinding): boolean => severity === 'error';

function error(file: string, name: string | null, message: string): ConfigurationFinding {
  return { severity: 'error', file, line: 0, name, message, allowed: null };
}

function findingOf(issue: ConfigIssue): ConfigurationFinding {
  const { severity, file, line, parameter, given, message, allowed } = issue;
  const shown = parameter !== undefined && given !== undefined ? `= "${given.slice(0, 80)}" ${message}` : message;
  return {
    severity,
    file: path.isAbsolute(file) ? file : path.basename(file),
    line,
    name: parameter ?? null,
    message: parameter !== undefined && secretName(parameter) !== null ? message : shown,
    allowed: allowed ?? null,
  };
}

/** For messages of other parts, which know lines of text alone. */
export const sentenceOf = (finding: ConfigurationFinding): string =>
  formatIssue({
    severity: finding.severity,
    file: finding.file,
    line: finding.line,
    message: finding.message,
    ...(finding.name === null ? {} : { parameter: finding.name }),
    ...(finding.allowed === null ? {} : { allowed: finding.allowed }),
  });

function withSecrets(text: string, secretOf: (reference: string) => string, findings: ConfigurationFinding[]): string {
  try {
    return resolveSecrets(text, secretOf);
  } catch (reason) {
    if (!(reason instanceof UnwritableSecretError)) throw reason;
    findings.push(error('pgpool.conf', reason.reference.split('#')[0] ?? null, reason.message));
    return text;
  }
}

type ReadFile = (included: string) => string;

/** Read relative to the real file. */
function beside(file: string): ReadFile {
  const directory = path.dirname(path.resolve(file));
  return (included) => fs.readFileSync(path.resolve(directory, included), 'utf8');
}

/** Files that a draft names are read only where the files on disk name them too: whoever may check a draft must not read
 *  every file of this host by way of what is wrong with it. */
function knownFiles(file: string, text: string | null, read: (readFile: ReadFile, text: string) => unknown): ReadFile {
  const directory = path.dirname(path.resolve(file));
  const known = new Set<string>();
  if (text !== null) {
    const readFile = beside(file);
    read((included) => {
      known.add(path.resolve(directory, included));
      return readFile(included);
    }, text);
  }
  return (included) => {
    const place = path.resolve(directory, included);
    if (!known.has(place)) throw new Error(`${included} is no file of this configuration yet`);
    return fs.readFileSync(place, 'utf8');
  };
}

function namesOf(text: string): Pick<ReadDraft, 'unknown' | 'renamed'> {
  const { renamed: names } = tableFacts();
  const unknown: ReadDraft['unknown'] = [];
  const renamed: ReadDraft['renamed'] = [];
  for (const { kind, name, line } of ConfDocument.parse(text).settings) {
    if (kind === 'include') continue;
    const to = Object.hasOwn(names, name) ? names[name] : findParameter(name)?.aliasOf;
    if (to !== undefined) renamed.push({ file: 'pgpool.conf', line, name, to });
    else if (lookUpName(name).kind === 'unknown') {
      // Who has so many unknown names has the wrong file.
      const similar = unknown.length < SIMILAR_MAX ? similarTo(name) : null;
      unknown.push({ file: 'pgpool.conf', line, name, similar });
    }
  }
  return { unknown, renamed };
}

const SIMILAR_MAX = 20;
const NAME_CHARS_MAX = 64;

/** The nearest known name, when it is near. */
function similarTo(name: string): string | null {
  if (name.length > NAME_CHARS_MAX) return null;
  const wanted = name.toLowerCase();
  const limit = Math.max(1, Math.floor(wanted.length / 4));
  let best: { readonly name: string; readonly distance: number } | null = null;
  for (const parameter of parameters) {
    if (Math.abs(parameter.name.length - wanted.length) > limit) continue;
    const distance = distanceOf(wanted, parameter.name.toLowerCase());
    if (distance <= limit && (best === null || distance < best.distance)) best = { name: parameter.name, distance };
  }
  return best?.name ?? null;
}

/** Levenshtein's. */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function changesOf(running: Settings, draft: Settings, refused: readonly string[]): ConfigurationChange[] {
  return diffSettings(running, draft).map(({ name, old, new: to, effect }) => ({
    name,
    from: old,
    to,
    effect,
    secret: secretName(name) !== null,
    refused: refused.includes(name),
  }));
}

/** Guarded parameters that differ from what runs and from the file too: what the owner of the file has written there by
 *  hand may stay. */
function refusedChanges(draft: Settings, { settings, fileConfig }: Running, paths: FilePaths): string[] {
  if (settings.control_may_change_commands) return [];
  const onDisk =
    fileConfig === null ? null : loadConfig({ text: fileConfig, file: paths.config, readFile: beside(paths.config) });
  const differs = (from: Settings): string[] =>
    diffSettings(from, draft)
      // A node that comes brings its parameters along: an empty path there is none.
      .filter(({ old, new: to }) => (old ?? '') !== (to ?? ''))
      .map(({ name }) => name)
      .filter(isGuarded);
  const fromRunning = differs(settings);
  const fromFile = onDisk?.ok === true ? differs(onDisk.settings) : fromRunning;
  return fromRunning.filter((name) => fromFile.includes(name));
}

/** Files that are read for a configuration are named by the files on disk alone. */
function refusedFiles(text: string, hba: string | null, { settings, fileConfig, fileHba }: Running): string[] {
  if (settings.control_may_change_commands) return [];
  return [
    ...(includesOf(text) === includesOf(fileConfig ?? '') ? [] : ['include']),
    ...(filesInHba(hba ?? '') === filesInHba(fileHba ?? '') ? [] : ['@file in pool_hba.conf']),
  ];
}

const includesOf = (text: string): string =>
  ConfDocument.parse(text)
    .settings.filter(({ kind }) => kind === 'include')
    .map(({ value }) => value)
    .join('\n');

/** Words that name files to read. */
const filesInHba = (text: string): string =>
  text
    .split('\n')
    .flatMap((line) => (line.trimStart().startsWith('#') ? [] : (line.match(/@[^\s,#]+|\binclude\w*\s+\S+/g) ?? [])))
    .toSorted()
    .join('\n');
