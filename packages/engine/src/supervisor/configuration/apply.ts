/**
 * Applies a version wholly or not at all. The workers take it first; then the rename of `current` is the point of no
 * return; only then the files are written. Whatever is interrupted, `recover.ts` leaves the old or the new one at the
 * next start.
 */

import { diffSettings, namedValues, type Settings } from '@pgherd/config';
import { keyIdOf, referenceOf, secretsIn } from '@pgherd/config/version';
import {
  type AppliedVersion,
  type ApplyReport,
  type ApplyStep,
  type Author,
  type ConfigurationFileName,
  type ConfigurationVersion,
  RefusedError,
} from '@pgherd/operations';
import type { GivenTexts, LoadedTexts } from '../files.ts';
import type { ConfigurationDesk } from './desk.ts';
import { type ReadDraft, sentenceOf } from './draft.ts';
import { replaceFile } from './durable.ts';
import { refuseTooLarge } from './limits.ts';
import { digestOf, pathOf, short, WRITE_ORDER } from './recover.ts';

export interface ApplyPorts {
  readonly desk: ConfigurationDesk;
  /** All workers take these texts, or all keep what they have. @returns why they could not */
  take(texts: GivenTexts): Promise<{ readonly errors: readonly string[]; readonly texts: LoadedTexts | null }>;
  /** Asks the workers what they go by. @returns what is not as the supervisor has it, one sentence each */
  readBack(): Promise<readonly string[]>;
  tell(kind: 'configurationApplied' | 'configurationRejected', by: Author, message: string): void;
  /** For tests: something has just been done. */
  reached?(step: ApplyPoint): void;
}

export const applyPoints = ['stored', 'pending', 'taken', 'committed', 'hbaWritten', 'written', 'readBack'] as const;
export type ApplyPoint = (typeof applyPoints)[number];

/** @throws RefusedError before anything is tried */
export async function applyVersion(version: ConfigurationVersion, by: Author, ports: ApplyPorts): Promise<ApplyReport> {
  refuseTooLarge(version.files);
  const run = new ApplyRun(version, by, ports);
  run.refuse();
  return run.go();
}

class ApplyRun {
  readonly #version: ConfigurationVersion;
  readonly #by: Author;
  readonly #ports: ApplyPorts;
  readonly #desk: ConfigurationDesk;
  readonly #key: Buffer;
  readonly #hash: string;
  readonly #read: ReadDraft;
  readonly #before: Settings;
  readonly #steps: ApplyStep[] = [];
  readonly #startedMs = performance.now();

  constructor(version: ConfigurationVersion, by: Author, ports: ApplyPorts) {
    const { desk } = ports;
    this.#version = version;
    this.#by = by;
    this.#ports = ports;
    this.#desk = desk;
    this.#key = version.clusterKey === undefined ? desk.store.key : Buffer.from(version.clusterKey, 'hex');
    this.#hash = desk.hashOfDraft(version.files, version.secrets, this.#key);
    this.#read = desk.read(version.files, version.secrets);
    this.#before = desk.ports.settings();
  }

  refuse(): void {
    const { versionHash, expected } = this.#version;
    const managed = this.#desk.whyExternallyManaged();
    if (managed !== null) {
      throw new RefusedError(
        'EXTERNALLY_MANAGED',
        `The configuration is managed elsewhere (${managed}): change it there and reload.`,
      );
    }
    const onDisk = this.#desk.textsOnDisk();
    if (onDisk['pool_hba.conf'] === undefined && this.#version.files['pool_hba.conf'] === undefined) {
      throw new RefusedError('NOT_POSSIBLE', 'pool_hba.conf cannot be read, so it would be lost: give it along.');
    }
    if (expected !== undefined && expected !== this.#desk.hashOf(onDisk, this.#desk.store.key)) {
      throw new RefusedError('CONFLICT', 'The files have changed since they were looked at: look at them again.');
    }
    if (versionHash !== undefined && versionHash !== this.#hash) {
      throw new RefusedError(
        'CONFLICT',
        `The version has the hash ${short(this.#hash)}… here, not ${short(versionHash)}…: was it made with another key, or for another pool_hba.conf?`,
      );
    }
    if (this.#read.refused.length > 0) {
      throw new RefusedError(
        'NOT_ALLOWED',
        `Commands and paths are not changed over the control interface, unless control_may_change_commands is on: ${this.#read.refused.join(', ')}.`,
      );
    }
  }

  async go(): Promise<ApplyReport> {
    const { texts, settings } = this.#read;
    if (texts === null || settings === null) {
      this.#step('check', 'failed', null);
      const errors = this.#read.findings.filter(({ severity }) => severity === 'error').map(sentenceOf);
      return this.#rejected(errors);
    }
    this.#step('check', 'done', null);
    const { store } = this.#desk;
    const files = this.#desk.wholeVersion(this.#version.files);
    const whole: Record<ConfigurationFileName, string> = {
      'pgpool.conf': texts.config,
      'pool_hba.conf': texts.hba ?? '',
    };
    const onDisk = this.#desk.textsOnDisk();
    const secretOf = this.#desk.valuesWith(this.#version.secrets);
    try {
      store.add(
        this.#hash,
        {
          files: { ...files, 'pgpool.conf': this.#desk.withReferences(files['pgpool.conf']) },
          secrets: this.#secrets(secretOf),
        },
        this.#key,
      );
      this.#ports.reached?.('stored');
      const digests = Object.fromEntries(
        WRITE_ORDER.map((name) => [name, [digestOf(onDisk[name] ?? ''), digestOf(whole[name])] as [string, string]]),
      );
      store.begin({ hash: this.#hash, files: digests });
      this.#ports.reached?.('pending');
    } catch (error) {
      this.#step('store', 'failed', (error as Error).message);
      this.#endQuietly();
      return this.#rejected([`The version cannot be stored in ${store.directory}: ${(error as Error).message}`]);
    }
    this.#step('store', 'done', null);
    const taken = await this.#ports.take({ config: whole['pgpool.conf'], hba: whole['pool_hba.conf'] });
    if (taken.errors.length > 0 || taken.texts === null) {
      this.#step('reload', 'failed', taken.errors[0] ?? null);
      this.#endQuietly();
      return this.#rejected(taken.errors);
    }
    this.#step('reload', 'done', null);
    this.#ports.reached?.('taken');
    const previous = store.current;
    const failure = this.#commitAndWrite(whole, onDisk);
    if (failure !== null) {
      await this.#undo(onDisk, previous);
      return this.#rejected([failure]);
    }
    this.#desk.took(taken.texts, 'apply');
    const unread = await this.#ports.readBack();
    this.#step('readBack', unread.length === 0 ? 'done' : 'failed', unread[0] ?? null);
    this.#ports.reached?.('readBack');
    this.#endQuietly();
    this.#desk.changed();
    return this.#applied(settings, unread);
  }

  /** @returns why not */
  #commitAndWrite(
    whole: Record<ConfigurationFileName, string>,
    onDisk: Partial<Record<ConfigurationFileName, string>>,
  ): string | null {
    const { store } = this.#desk;
    try {
      store.commit({ hash: this.#hash, appliedAt: new Date().toISOString(), by: this.#by.user });
      this.#ports.reached?.('committed');
    } catch (error) {
      this.#step('commit', 'failed', (error as Error).message);
      return `The version cannot be made the current one: ${(error as Error).message}`;
    }
    this.#step('commit', 'done', null);
    try {
      for (const name of WRITE_ORDER) {
        if (whole[name] !== (onDisk[name] ?? '')) replaceFile(pathOf(this.#desk.ports.paths, name), whole[name]);
        this.#ports.reached?.(name === 'pgpool.conf' ? 'written' : 'hbaWritten');
      }
    } catch (error) {
      this.#step('write', 'failed', (error as Error).message);
      return `The files cannot be written: ${(error as Error).message}`;
    }
    this.#step('write', 'done', null);
    return null;
  }

  async #undo(onDisk: Partial<Record<ConfigurationFileName, string>>, previous: AppliedVersion | null): Promise<void> {
    const { store, ports } = this.#desk;
    const { loaded } = this.#desk;
    try {
      for (const name of WRITE_ORDER) {
        const text = onDisk[name];
        if (text !== undefined && this.#desk.readText(name) !== text) replaceFile(pathOf(ports.paths, name), text);
      }
      store.revert(previous);
      store.end();
    } catch {
      // The marker stays, and the next start finishes what was begun: wholly.
    }
    await this.#ports.take({
      config: loaded.texts.config,
      ...(loaded.texts.hba === null ? {} : { hba: loaded.texts.hba }),
    });
  }

  /** References of the version with their values, for the next one that uses them. */
  #secrets(secretOf: (reference: string) => string | null): ReadonlyMap<string, string> {
    const text = this.#desk.withReferences(this.#version.files['pgpool.conf']);
    const kept = new Map<string, string>();
    const raw = new Map(secretsIn(this.#version.files['pgpool.conf']).map(({ name, value }) => [name, value] as const));
    for (const { name, value } of secretsIn(text)) {
      const reference = referenceOf(value);
      if (reference === null) continue;
      const given = raw.get(name);
      const found = secretOf(reference) ?? (given !== undefined && referenceOf(given) === null ? given : null);
      if (found !== null) kept.set(reference, found);
    }
    return kept;
  }

  #endQuietly(): void {
    try {
      this.#desk.store.end();
    } catch {
      // The marker stays: at the next start there is nothing left to do for it.
    }
  }

  #lastMs = performance.now();

  #step(name: ApplyStep['name'], state: ApplyStep['state'], detail: string | null): void {
    const now = performance.now();
    this.#steps.push({ name, state, detail, tookMs: now - this.#lastMs });
    this.#lastMs = now;
  }

  #rejected(errors: readonly string[]): ApplyReport {
    const reason = errors[0] ?? 'it was refused';
    this.#ports.tell(
      'configurationRejected',
      this.#by,
      `The configuration ${short(this.#hash)} was rejected, the one before goes on: ${reason}`,
    );
    return this.#report('rejected', { errors: [...errors] });
  }

  #applied(wanted: Settings, unread: readonly string[]): ApplyReport {
    const running = this.#desk.ports.settings();
    const needRestart = [...this.#desk.restartPending];
    const changed = diffSettings(this.#before, running).map(({ name }) => name);
    const reason = this.#version.reason === '' ? '' : `: ${this.#version.reason}`;
    this.#ports.tell(
      'configurationApplied',
      this.#by,
      `The configuration ${short(this.#hash)} was applied${needRestart.length === 0 ? '' : `, ${needRestart.length} of its values wait for a restart`}${reason}`,
    );
    return this.#report(needRestart.length === 0 ? 'inStep' : 'restartPending', {
      changed,
      needRestart,
      errors: [...unread],
      different: differencesOf(running, wanted, new Set(needRestart)),
    });
  }

  #report(outcome: ApplyReport['outcome'], part: Partial<ApplyReport>): ApplyReport {
    return {
      outcome,
      versionHash: this.#hash,
      keyId: keyIdOf(this.#key),
      snapshot: this.#desk.ports.snapshot(),
      steps: this.#steps,
      changed: [],
      needRestart: [],
      findings: [...this.#read.findings],
      errors: [],
      different: [],
      ...part,
      tookMs: performance.now() - this.#startedMs,
    };
  }
}

/** By what each of them would show. */
function differencesOf(running: Settings, wanted: Settings, apart: ReadonlySet<string>): ApplyReport['different'] {
  const known = new Set(namedValues(wanted).keys());
  return diffSettings(running, wanted)
    .filter(({ name, effect }) => !apart.has(name) && effect !== 'restart' && known.has(name))
    .map(({ name, old, new: to }) => ({ name, wanted: to ?? '', running: old ?? '' }));
}
