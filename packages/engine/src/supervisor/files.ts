/** The files of one configuration: read together, validated together, handed on as one snapshot. */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { type ConfigIssue, formatIssue, parseConfig, parseHba, parsePoolPasswd, type Settings } from '@pgherd/config';
import type { ConfigSnapshot } from '../ipc.ts';

export interface FilePaths {
  /** pgpool.conf */
  readonly config: string;
  /** pool_hba.conf */
  readonly hba: string;
  /** pcp.conf */
  readonly pcp: string;
}

/** What to read in place of the files themselves; a member that is absent is read from its file. */
export interface GivenTexts {
  readonly config?: string;
  readonly hba?: string;
}

/** As they were read; they hold secrets. `hba` is null where there is no such file. */
export interface LoadedTexts {
  readonly config: string;
  readonly hba: string | null;
}

export type Loaded =
  | {
      readonly ok: true;
      readonly snapshot: ConfigSnapshot;
      readonly warnings: readonly string[];
      readonly texts: LoadedTexts;
    }
  | { readonly ok: false; readonly errors: readonly string[]; readonly warnings: readonly string[] };

const MOCK_SECRET = randomBytes(32);

/** Reads and checks everything. One error refuses all of it. */
export function loadFiles(paths: FilePaths, id: number, previous: Settings | null, given: GivenTexts = {}): Loaded {
  const directory = path.dirname(path.resolve(paths.config));
  const warnings: string[] = [];
  let text: string;
  try {
    text = given.config ?? fs.readFileSync(paths.config, 'utf8');
  } catch (error) {
    const why = sentenceOf(error as NodeJS.ErrnoException);
    return { ok: false, errors: [`could not open configuration file "${paths.config}": ${why}`], warnings };
  }
  const parsed = parseConfig({
    text,
    file: path.resolve(paths.config),
    readFile: (file) => fs.readFileSync(file, 'utf8'),
    ...(previous === null ? {} : { previous }),
  });
  warnings.push(...parsed.warnings.map(formatIssue));
  if (!parsed.ok) return { ok: false, errors: parsed.issues.map(formatIssue), warnings };
  const { settings } = parsed;
  const errors: string[] = [];
  const hbaText = given.hba ?? readText(paths.hba);
  const hba = settings.enable_pool_hba ? loadHba(paths.hba, hbaText, errors, warnings) : null;
  const passwd = loadPasswd(settings, directory, errors, warnings);
  if (errors.length > 0) return { ok: false, errors, warnings };
  return {
    ok: true,
    snapshot: { id, settings, configDirectory: directory, hba, passwd, mockSecret: MOCK_SECRET },
    warnings,
    texts: { config: text, hba: hbaText },
  };
}

function sentenceOf(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'there is no such file; name it with -f';
  if (error.code === 'EACCES') return 'this user may not read it';
  return error.code ?? error.message;
}

function readText(file: string): string | null {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function loadHba(file: string, text: string | null, errors: string[], warnings: string[]): ConfigSnapshot['hba'] {
  if (text === null) {
    errors.push(`could not open "${file}", which enable_pool_hba = on needs`);
    return null;
  }
  const includes: Record<string, string> = {};
  const parsed = parseHba({
    text,
    file: path.resolve(file),
    readFile: (included) => {
      const content = fs.readFileSync(included, 'utf8');
      includes[included] = content;
      return content;
    },
  });
  if (!parsed.ok) {
    errors.push(...parsed.issues.map(formatIssue));
    return null;
  }
  warnings.push(...parsed.warnings.map((issue: ConfigIssue) => formatIssue(issue)));
  return { file: path.resolve(file), text, includes };
}

function loadPasswd(
  settings: Settings,
  directory: string,
  errors: string[],
  warnings: string[],
): ConfigSnapshot['passwd'] {
  if (settings.pool_passwd === '') return null;
  const file = path.resolve(directory, settings.pool_passwd);
  const text = readText(file);
  if (text === null) return null;
  try {
    const parsed = parsePoolPasswd(text, file);
    warnings.push(...parsed.warnings.map((issue: ConfigIssue) => formatIssue(issue)));
    return { file, text };
  } catch (error) {
    errors.push((error as Error).message);
    return null;
  }
}
