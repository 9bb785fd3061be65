/**
 * `work_dir/versions`: what was applied over the control interface.
 *
 *     key               fingerprints are made with it until a version brings the console's; 64 hexadecimal digits
 *     current           {"hash", "appliedAt", "by"}: the version that counts. Its rename is the point of no return
 *     pending           {"hash", "files": {name: [SHA-256 before, SHA-256 after]}} while an apply is under way
 *     <hash>/           pgpool.conf and pool_hba.conf with references, secrets.json with their values, key
 *
 * All of it is readable by the owner alone.
 */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { type AppliedVersion, appliedVersionSchema, type ConfigurationFileName } from '@pgherd/operations';
import { z } from 'zod';
import { syncDirectory, writeDurably } from './durable.ts';

const KEPT = 20;
const HASH = /^[0-9a-f]{64}$/;

export interface StoredVersion {
  /** By name, with references. */
  readonly files: Readonly<Partial<Record<ConfigurationFileName, string>>>;
  readonly secrets: ReadonlyMap<string, string>;
}

const pendingSchema = z.object({
  hash: z.string().regex(HASH),
  files: z.record(z.string(), z.tuple([z.string(), z.string()])),
});
export type Pending = z.infer<typeof pendingSchema>;

export class VersionStore {
  readonly directory: string;
  /** Where nothing can be written: lasts as long as the process. */
  #passing: Buffer | null = null;

  constructor(workDir: string) {
    this.directory = path.resolve(workDir, 'versions');
  }

  at(...names: string[]): string {
    return path.join(this.directory, ...names);
  }

  get current(): AppliedVersion | null {
    const found = appliedVersionSchema.safeParse(this.#json('current'));
    return found.success ? found.data : null;
  }

  get pending(): Pending | null {
    const found = pendingSchema.safeParse(this.#json('pending'));
    return found.success ? found.data : null;
  }

  /** What fingerprints are made with now. */
  get key(): Buffer {
    const { current } = this;
    const own = (current === null ? null : this.#key(current.hash, 'key')) ?? this.#key('key');
    if (own !== null) return own;
    if (this.#passing !== null) return this.#passing;
    const made = randomBytes(32);
    try {
      this.#make();
      writeDurably(this.at('key'), `${made.toString('hex')}\n`);
    } catch {
      // nothing can be kept here, and nothing can be applied either
    }
    this.#passing = made;
    return made;
  }

  /** The values of the references of the version that counts. */
  get secrets(): ReadonlyMap<string, string> {
    const { current } = this;
    return current === null ? new Map() : (this.read(current.hash)?.secrets ?? new Map());
  }

  read(hash: string): StoredVersion | null {
    try {
      const files: Partial<Record<ConfigurationFileName, string>> = {
        'pgpool.conf': fs.readFileSync(this.at(hash, 'pgpool.conf'), 'utf8'),
      };
      if (fs.existsSync(this.at(hash, 'pool_hba.conf'))) {
        files['pool_hba.conf'] = fs.readFileSync(this.at(hash, 'pool_hba.conf'), 'utf8');
      }
      const secrets = JSON.parse(fs.readFileSync(this.at(hash, 'secrets.json'), 'utf8')) as Record<string, string>;
      return { files, secrets: new Map(Object.entries(secrets)) };
    } catch {
      return null;
    }
  }

  /** All of a version, or none of it: written aside and renamed. */
  add(hash: string, version: StoredVersion, key: Buffer): void {
    this.#make();
    const draft = this.at(`${hash}.new`);
    fs.rmSync(draft, { recursive: true, force: true });
    fs.mkdirSync(draft, { mode: 0o700 });
    for (const [name, text] of Object.entries(version.files)) writeDurably(path.join(draft, name), text);
    writeDurably(path.join(draft, 'secrets.json'), JSON.stringify(Object.fromEntries(version.secrets)));
    writeDurably(path.join(draft, 'key'), `${key.toString('hex')}\n`);
    const old = this.at(`${hash}.old`);
    fs.rmSync(old, { recursive: true, force: true });
    // The same version once more: the same values under the same hash, so that either of the two will do.
    if (fs.existsSync(this.at(hash))) fs.renameSync(this.at(hash), old);
    fs.renameSync(draft, this.at(hash));
    syncDirectory(this.directory);
    fs.rmSync(old, { recursive: true, force: true });
  }

  begin(pending: Pending): void {
    writeDurably(this.at('pending'), JSON.stringify(pending));
  }

  /** The version counts from here on, whatever happens. */
  commit(version: AppliedVersion): void {
    writeDurably(this.at('current'), JSON.stringify(version));
  }

  /** Back to the one before; null: there was none. */
  revert(version: AppliedVersion | null): void {
    if (version !== null) {
      this.commit(version);
      return;
    }
    fs.rmSync(this.at('current'), { force: true });
    syncDirectory(this.directory);
  }

  end(): void {
    fs.rmSync(this.at('pending'), { force: true });
    syncDirectory(this.directory);
    this.#forgetOld();
  }

  #forgetOld(): void {
    const counts = this.current?.hash;
    const versions = fs
      .readdirSync(this.directory)
      .filter((name) => HASH.test(name) && name !== counts)
      .map((name) => ({ name, atMs: fs.statSync(this.at(name)).mtimeMs }))
      .toSorted((a, b) => b.atMs - a.atMs);
    for (const { name } of versions.slice(KEPT)) fs.rmSync(this.at(name), { recursive: true, force: true });
  }

  #make(): void {
    fs.mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    fs.chmodSync(this.directory, 0o700);
  }

  #json(name: string): unknown {
    try {
      return JSON.parse(fs.readFileSync(this.at(name), 'utf8'));
    } catch {
      return null;
    }
  }

  #key(...names: string[]): Buffer | null {
    try {
      const text = fs.readFileSync(this.at(...names), 'utf8').trim();
      return HASH.test(text) ? Buffer.from(text, 'hex') : null;
    } catch {
      return null;
    }
  }
}
