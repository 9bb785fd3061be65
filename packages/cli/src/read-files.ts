/** The files of a configuration, read for a question about them. The engine reads them itself when it starts. */
import fs from 'node:fs';
import path from 'node:path';
import {
  ConfDocument,
  type ConfigIssue,
  type ConfigResult,
  defaults,
  type HbaRule,
  loadConfig,
  type PoolPasswd,
  parseConfig,
  parseHba,
  parsePoolPasswd,
  type Settings,
} from '@pgherd/config';
import { CommandError } from './errors.ts';

export const readText = (file: string): string => fs.readFileSync(file, 'utf8');

/** @throws CommandError when the file cannot be read */
export function readConfig(file: string): ConfigResult {
  try {
    return parseConfig({ text: readText(file), file: path.resolve(file), readFile: readText });
  } catch (error) {
    throw new CommandError(`Cannot read ${file}: ${(error as NodeJS.ErrnoException).code}. Name pgpool.conf with -f.`);
  }
}

/**
 * One text out of a configuration whose other errors are not the asker's affair: of a file that cannot be used only this
 * setting is read. @throws the error of the file system
 */
export function oneSetting(file: string, name: 'pid_file_name' | 'pool_passwd'): string {
  const text = readText(file);
  const loaded = loadConfig({ text, file, readFile: readText });
  if (loaded.ok) return loaded.settings[name];
  const found = ConfDocument.parse(text, file).settings.filter((part) => part.name === name);
  return found.at(-1)?.value ?? defaults()[name];
}

export interface HbaFile {
  readonly rules: readonly HbaRule[];
  readonly issues: readonly ConfigIssue[];
}

/** With enable_pool_hba off nobody reads the file, so one that is missing is no fault then. */
export function readHba(settings: Settings, file: string): HbaFile {
  let text: string;
  try {
    text = readText(file);
  } catch (error) {
    if (!settings.enable_pool_hba) return { rules: [], issues: [] };
    const message = `cannot be read (${(error as NodeJS.ErrnoException).code}), and enable_pool_hba = on needs it`;
    return { rules: [], issues: [{ severity: 'error', file, line: 0, message }] };
  }
  const parsed = parseHba({ text, file: path.resolve(file), readFile: readText });
  return parsed.ok ? { rules: parsed.rules, issues: parsed.warnings } : { rules: [], issues: parsed.issues };
}

export interface PasswordFile {
  /** Null: pool_passwd = '', no such file is used. */
  readonly path: string | null;
  readonly entries: PoolPasswd;
  /** Why it could not be read; a file that is not there holds no users and is no fault. */
  readonly issue: ConfigIssue | null;
}

export function readPasswords(settings: Settings, config: string): PasswordFile {
  const none = parsePoolPasswd('', '');
  if (settings.pool_passwd === '') return { path: null, entries: none, issue: null };
  const file = path.resolve(path.dirname(config), settings.pool_passwd);
  try {
    return { path: file, entries: parsePoolPasswd(readText(file), file), issue: null };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const message = `cannot be read (${code}): run this as the user that runs the proxy`;
    return {
      path: file,
      entries: none,
      issue: code === 'ENOENT' ? null : { severity: 'error', file, line: 0, message },
    };
  }
}

/** The clear-text password of one of the proxy's own users: its parameter, else the user's pool_passwd entry. */
export function ownPassword(passwords: PasswordFile, user: string, parameter: string): string | null {
  if (parameter !== '') return parameter.startsWith('TEXT') ? parameter.slice(4) : parameter;
  const entry = passwords.entries.lookup(user);
  return entry?.kind === 'text' ? entry.password : null;
}

/** TLS file names are relative to the folder of pgpool.conf. */
export function tlsSettings(settings: Settings, config: string): Settings {
  const at = (file: string): string => (file === '' ? '' : path.resolve(path.dirname(config), file));
  return {
    ...settings,
    ssl_cert: at(settings.ssl_cert),
    ssl_key: at(settings.ssl_key),
    ssl_ca_cert: at(settings.ssl_ca_cert),
    ssl_ca_cert_dir: at(settings.ssl_ca_cert_dir),
    ssl_crl_file: at(settings.ssl_crl_file),
    ssl_dh_params_file: at(settings.ssl_dh_params_file),
  };
}
