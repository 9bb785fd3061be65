/** Answers what doors ask of the configuration, and keeps what an answer needs: the texts that were loaded last. */
import fs from 'node:fs';
import path from 'node:path';
import {
  findParameter,
  firstSentence,
  formatValue,
  lookUpName,
  namedValues,
  parsePcpConf,
  parsePoolPasswd,
  type Settings,
  type Value,
} from '@pgherd/config';
import {
  fileHash,
  fingerprintOf,
  keyIdOf,
  referenceOf,
  replaceSecrets,
  secretName,
  tableFacts,
  versionHash,
} from '@pgherd/config/version';
import {
  type ConfigurationCheck,
  type ConfigurationDraft,
  type ConfigurationFile,
  type ConfigurationFileName,
  type ConfigurationFilesFacts,
  type ConfigurationState,
  configurationFileNames,
  type ParameterTableFacts,
  type RunningConfiguration,
} from '@pgherd/operations';
import type { FilePaths, LoadedTexts } from '../files.ts';
import { type ReadDraft, readDraft } from './draft.ts';
import { whyReadOnly } from './durable.ts';
import { refuseTooLarge } from './limits.ts';
import { testNodes } from './node-test.ts';
import { waitingForRestart } from './pending-restart.ts';
import { pathOf } from './recover.ts';
import { VersionStore } from './store.ts';

export interface LoadedConfiguration {
  readonly texts: LoadedTexts;
  readonly by: RunningConfiguration['loadedBy'];
  readonly at: Date;
}

export interface DeskPorts {
  readonly paths: FilePaths;
  readonly settings: () => Settings;
  /** Of the configuration that runs. */
  readonly snapshot: () => number;
}

const MASK = '*****';

export class ConfigurationDesk {
  readonly ports: DeskPorts;
  #store: VersionStore | null = null;
  #loaded: LoadedConfiguration | null = null;
  readonly #changeListeners = new Set<() => void>();
  /** Nodes that were found, not configured: the file does not name them. */
  readonly #found = new Set<number>();

  constructor(ports: DeskPorts) {
    this.ports = ports;
  }

  /** work_dir changes at a restart only. */
  get store(): VersionStore {
    this.#store ??= new VersionStore(this.ports.settings().work_dir);
    return this.#store;
  }

  get loaded(): LoadedConfiguration {
    if (this.#loaded === null) throw new Error('no configuration is loaded yet');
    return this.#loaded;
  }

  /** A configuration is in force. */
  took(texts: LoadedTexts, by: RunningConfiguration['loadedBy']): void {
    this.#loaded = { texts, by, at: new Date() };
    this.changed();
  }

  /** Nodes were added to what runs that no file names. */
  foundNodes(ids: readonly number[]): void {
    for (const id of ids) this.#found.add(id);
    if (this.#loaded !== null) this.#loaded = { ...this.#loaded, by: 'discovery', at: new Date() };
    this.changed();
  }

  changed(): void {
    for (const listener of this.#changeListeners) listener();
  }

  onChange(listener: () => void): () => void {
    this.#changeListeners.add(listener);
    return () => this.#changeListeners.delete(listener);
  }

  table(): ParameterTableFacts {
    return tableFacts();
  }

  /** The value of a reference: of those that came along, of the version that counts, or of one that the files have. */
  valuesWith(given: Readonly<Record<string, string>>): (reference: string) => string | null {
    const stored = this.store.secrets;
    const own = new Map<string, string>();
    for (const text of [this.loaded.texts.config, this.readText('pgpool.conf')]) {
      if (text === null) continue;
      replaceSecrets(text, (name, value) => {
        if (referenceOf(value) === null) own.set(labelOf(this.store.key, name, value), value);
        return "''";
      });
    }
    return (reference) =>
      (Object.hasOwn(given, reference) ? given[reference] : undefined) ??
      stored.get(reference) ??
      own.get(reference) ??
      null;
  }

  files(): ConfigurationFilesFacts {
    const { store } = this;
    const { key } = store;
    const texts = this.textsOnDisk();
    const because = this.whyExternallyManaged();
    return {
      files: configurationFileNames.map((name) => this.#file(name, texts[name] ?? null, key)),
      hash: this.hashOf(texts, key),
      keyId: keyIdOf(key),
      poolPasswd: this.#poolPasswd(),
      pcpUsers: this.#pcpUsers(),
      externallyManaged: because !== null,
      externallyManagedBecause: because,
      mayChangeCommands: this.ports.settings().control_may_change_commands,
      current: store.current,
    };
  }

  running(): RunningConfiguration {
    const { key } = this.store;
    const settings = this.ports.settings();
    const { at, by, texts } = this.loaded;
    const waiting = waitingForRestart(this.ports.paths, texts.config, settings, this.#found);
    const parameters: RunningConfiguration['parameters'] = [];
    for (const [name, value] of namedValues(settings)) {
      const found = lookUpName(name);
      if (found.kind !== 'known') continue;
      const repeats = found.index !== null && found.parameter.indexed?.free === true && !settings.explicit.has(name);
      if (repeats) continue;
      const secret = secretName(name) !== null;
      parameters.push({
        name,
        value: secret ? (value === '' ? '' : MASK) : shown(name, value),
        fingerprint: secret && value !== '' ? fingerprintOf(key, name, String(value)) : null,
        source: settings.explicit.has(name) ? 'file' : 'default',
        afterRestart: waiting.get(name) ?? null,
        description: firstSentence(found.parameter.doc),
      });
    }
    return {
      snapshot: this.ports.snapshot(),
      loadedAt: at.toISOString(),
      loadedBy: by,
      hash: this.hashOfLoaded(key),
      keyId: keyIdOf(key),
      restartPending: [...waiting.keys()],
      parameters,
    };
  }

  state(): ConfigurationState {
    const { store } = this;
    const { key } = store;
    const { texts, at } = this.loaded;
    const settings = this.ports.settings();
    return {
      keyId: keyIdOf(key),
      fileHash: this.hashOf(this.textsOnDisk(), key),
      fileModifiedAt: this.#modifiedAt('pgpool.conf'),
      runningHash: this.hashOfLoaded(key),
      snapshot: this.ports.snapshot(),
      loadedAt: at.toISOString(),
      current: store.current,
      restartPending: [...waitingForRestart(this.ports.paths, texts.config, settings, this.#found).keys()],
      externallyManaged: this.whyExternallyManaged() !== null,
    };
  }

  get restartPending(): readonly string[] {
    return [
      ...waitingForRestart(this.ports.paths, this.loaded.texts.config, this.ports.settings(), this.#found).keys(),
    ];
  }

  /** @throws RefusedError NOT_POSSIBLE for one that is too large */
  async check(draft: ConfigurationDraft): Promise<ConfigurationCheck> {
    refuseTooLarge(draft.files);
    const read = this.read(draft.files, draft.secrets);
    const key = draft.clusterKey === undefined ? this.store.key : Buffer.from(draft.clusterKey, 'hex');
    const findings = [...read.findings];
    for (const name of read.refused) {
      const message = 'is not changed over the control interface, unless control_may_change_commands is on';
      findings.push({ severity: 'error', file: 'pgpool.conf', line: 0, name, message, allowed: null });
    }
    return {
      ok: !findings.some(({ severity }) => severity === 'error'),
      versionHash: this.hashOfDraft(draft.files, draft.secrets, key),
      keyId: keyIdOf(key),
      findings,
      changes: [...read.changes],
      hbaChanges: read.hbaChanges,
      effect: worstOf(read),
      unknown: read.unknown,
      renamed: read.renamed,
      missingSecrets: [...read.missingSecrets],
      nodeTests: draft.testNodes ? await testNodes(this.#newPlaces(read)) : [],
    };
  }

  read(files: ConfigurationDraft['files'], secrets: Readonly<Record<string, string>>): ReadDraft {
    return readDraft(
      { config: files['pgpool.conf'], hba: files['pool_hba.conf'] ?? null },
      this.valuesWith(secrets),
      {
        settings: this.ports.settings(),
        fileConfig: this.readText('pgpool.conf'),
        fileHba: this.readText('pool_hba.conf'),
      },
      this.ports.paths,
    );
  }

  /** All files of the version that the draft would be: pool_hba.conf as it is where none is given. */
  hashOfDraft(files: ConfigurationDraft['files'], secrets: Readonly<Record<string, string>>, key: Buffer): string {
    return versionHash(this.wholeVersion(files), key, this.valuesWith(secrets));
  }

  wholeVersion(files: ConfigurationDraft['files']): Record<ConfigurationFileName, string> {
    return {
      'pgpool.conf': files['pgpool.conf'],
      'pool_hba.conf': files['pool_hba.conf'] ?? this.readText('pool_hba.conf') ?? '',
    };
  }

  hashOfLoaded(key: Buffer): string {
    const { config, hba } = this.loaded.texts;
    return versionHash({ 'pgpool.conf': config, 'pool_hba.conf': hba ?? '' }, key, () => null);
  }

  textsOnDisk(): Partial<Record<ConfigurationFileName, string>> {
    const texts: Partial<Record<ConfigurationFileName, string>> = {};
    for (const name of configurationFileNames) {
      const text = this.readText(name);
      if (text !== null) texts[name] = text;
      else if (name === 'pool_hba.conf' && !fs.existsSync(this.ports.paths.hba)) texts[name] = '';
    }
    return texts;
  }

  /** Null when a file cannot be read. */
  hashOf(texts: Partial<Record<ConfigurationFileName, string>>, key: Buffer): string | null {
    const all: Record<string, string> = {};
    for (const name of configurationFileNames) {
      const text = texts[name];
      if (text === undefined) return null;
      all[name] = text;
    }
    return versionHash(all, key, () => null);
  }

  readText(name: ConfigurationFileName): string | null {
    try {
      return fs.readFileSync(pathOf(this.ports.paths, name), 'utf8');
    } catch {
      return null;
    }
  }

  whyExternallyManaged(): string | null {
    const { config, hba } = this.ports.paths;
    return whyReadOnly(config) ?? (fs.existsSync(hba) ? whyReadOnly(hba) : null);
  }

  #file(name: ConfigurationFileName, text: string | null, key: Buffer): ConfigurationFile {
    const file = pathOf(this.ports.paths, name);
    const problem = text === null ? `${file} cannot be read` : fs.existsSync(file) ? whyReadOnly(file) : null;
    return {
      name,
      path: path.resolve(file),
      text: text === null ? null : name === 'pgpool.conf' ? this.withReferences(text) : maskedHba(text),
      hash: text === null ? null : fileHash(name, text, key, () => null),
      modifiedAt: this.#modifiedAt(name),
      writable: problem === null,
      problem,
    };
  }

  /** As the version that counts refers to the same values, so that a file in step reads as its version does. */
  withReferences(text: string): string {
    const { key, secrets } = this.store;
    return replaceSecrets(text, (name, value) => {
      if (referenceOf(value) !== null) return `'${value}'`;
      for (const [reference, known] of secrets) {
        if (known === value && reference.startsWith(`${name}#`)) return `'secret:${reference}'`;
      }
      return `'secret:${labelOf(key, name, value)}'`;
    });
  }

  #modifiedAt(name: ConfigurationFileName): string | null {
    const stat = fs.statSync(pathOf(this.ports.paths, name), { throwIfNoEntry: false });
    return stat === undefined ? null : stat.mtime.toISOString();
  }

  #poolPasswd(): ConfigurationFilesFacts['poolPasswd'] {
    const { pool_passwd: given } = this.ports.settings();
    if (given === '') return { path: null, users: [] };
    const file = path.resolve(path.dirname(path.resolve(this.ports.paths.config)), given);
    return { path: file, users: usersIn(file, (text) => [...parsePoolPasswd(text, file).users]) };
  }

  #pcpUsers(): ConfigurationFilesFacts['pcpUsers'] {
    const file = path.resolve(this.ports.paths.pcp);
    return { path: file, users: usersIn(file, (text) => parsePcpConf(text, file).entries.map(({ user }) => user)) };
  }

  #newPlaces({ settings }: ReadDraft): { id: number; hostname: string; port: number }[] {
    const present = new Map(this.ports.settings().backends.map((b) => [b.id, b]));
    return (settings?.backends ?? []).filter(({ id, hostname, port }) => {
      const before = present.get(id);
      return before === undefined || before.hostname !== hostname || before.port !== port;
    });
  }
}

/** Of a value that nobody has numbered: 16 digits of its fingerprint. */
function labelOf(key: Buffer, name: string, value: string): string {
  return `${name}#${fingerprintOf(key, name, value).slice(0, 16)}`;
}

/** A method that is not built, whose line may stand there all the same. */
const maskedHba = (text: string): string => text.replace(/(ldapbindpasswd=)(?:"[^"\n]*"|\S+)/gi, '$1"*****"');

function shown(name: string, value: Value): string {
  const found = lookUpName(name);
  const parameter = found.kind === 'known' ? found.parameter : findParameter(name);
  return parameter === undefined ? String(value) : formatValue(parameter, value);
}

function usersIn(file: string, read: (text: string) => string[]): string[] {
  try {
    return [...new Set(read(fs.readFileSync(file, 'utf8')))];
  } catch {
    return []; // there is no such file, or it is not ours to read
  }
}

function worstOf({ changes, hbaChanges }: ReadDraft): ConfigurationCheck['effect'] {
  const effects = new Set<ConfigurationCheck['effect']>(changes.map(({ effect }) => effect));
  if (hbaChanges) effects.add('reload');
  return (['restart', 'new sessions', 'reload'] as const).find((effect) => effects.has(effect)) ?? 'none';
}
