/**
 * A base backup over the replication protocol (PostgreSQL 13 and later), unpacked into a directory as it arrives. Includes the
 * WAL that it needs. Nothing but the source's address and a user with REPLICATION is needed.
 */
import fs from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { extract, type Header } from 'tar-stream';

export interface BackupSource {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** TLS is tried unless this is false. */
  readonly tls?: boolean;
}

export interface BackupOptions {
  readonly source: BackupSource;
  /** Empty, or not there yet. */
  readonly directory: string;
  /** Who owns the files; undefined = this process's user. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  readonly signal: AbortSignal;
  progress(doneBytes: number, totalBytes: number | null): void;
}

const CONNECT_MS = 10_000;
/** Between two messages of the source: its checkpoint comes before the first one. */
const SILENT_MS = 60_000;
const PROGRESS_EVERY_MS = 200;
const SYNTAX_SINCE = 150_000;

/** @throws Error with the reason; the directory is incomplete then, and the caller's to remove */
export async function baseBackup(options: BackupOptions): Promise<void> {
  const client = await connect(options.source);
  try {
    const version = Number(client.version);
    const copy = new BackupCopy(client, options, version >= SYNTAX_SINCE);
    await copy.run();
  } finally {
    client.end().catch(() => {});
  }
}

type ReplicationClient = pg.Client & { version: string; connection: pg.Connection };

async function connect(source: BackupSource): Promise<ReplicationClient> {
  const attempt = async (ssl: boolean): Promise<ReplicationClient> => {
    const client = new pg.Client({
      host: source.host,
      port: source.port,
      user: source.user,
      password: source.password,
      database: 'postgres',
      application_name: 'pgherd base backup',
      connectionTimeoutMillis: CONNECT_MS,
      ssl: ssl ? { rejectUnauthorized: false } : false,
      replication: 'true',
    } as pg.ClientConfig) as ReplicationClient;
    client.on('error', () => {}); // the backup that is under way reports it
    client.connection.on('parameterStatus', (message: { parameterName: string; parameterValue: string }) => {
      if (message.parameterName === 'server_version') client.version = numberOf(message.parameterValue);
    });
    await client.connect();
    return client;
  };
  if (source.tls === false) return attempt(false);
  return attempt(true).catch((error: Error) => {
    if (/does not support SSL/.test(error.message)) return attempt(false);
    throw error;
  });
}

/** `15.4 (Debian …)` as server_version_num. */
function numberOf(text: string): string {
  const [major = '0', minor = '0'] = text.split(/[. ]/);
  return String(Number(major) * 10_000 + (Number.parseInt(minor, 10) || 0));
}

/** A query of the library pg, which hands it the replies of one BASE_BACKUP. */
class BackupCopy {
  private readonly client: ReplicationClient;
  private readonly options: BackupOptions;
  private readonly modern: boolean;
  private resolve: () => void = () => {};
  private reject: (error: Error) => void = () => {};
  private archive: ReturnType<typeof extract> | null = null;
  private readonly unpacking: Promise<void>[] = [];
  private resultSets = 0;
  private totalBytes: number | null = null;
  private doneBytes = 0;
  private toldAt = 0;
  private paused = false;
  private failure: Error | null = null;
  private silence: NodeJS.Timeout | null = null;

  constructor(client: ReplicationClient, options: BackupOptions, modern: boolean) {
    this.client = client;
    this.options = options;
    this.modern = modern;
  }

  async run(): Promise<void> {
    const { signal } = this.options;
    signal.throwIfAborted();
    const stop = (): void => this.fail(new Error('the copy was called off'));
    signal.addEventListener('abort', stop);
    try {
      await new Promise<void>((resolve, reject) => {
        this.resolve = resolve;
        this.reject = reject;
        this.client.once('end', () => this.fail(new Error('the source ended the connection')));
        this.heard();
        this.client.query(this as unknown as pg.Submittable);
      });
      await Promise.all(this.unpacking);
      this.options.progress(this.doneBytes, this.totalBytes);
    } finally {
      signal.removeEventListener('abort', stop);
      if (this.silence !== null) clearTimeout(this.silence);
    }
  }

  private heard(): void {
    if (this.silence !== null) clearTimeout(this.silence);
    this.silence = setTimeout(
      () => this.fail(new Error(`the source sent nothing for ${SILENT_MS / 1000} s`)),
      SILENT_MS,
    );
  }

  submit(connection: pg.Connection): void {
    connection.query(
      this.modern
        ? "BASE_BACKUP (LABEL 'pgherd', PROGRESS true, CHECKPOINT 'fast', WAL true, MANIFEST 'no')"
        : "BASE_BACKUP LABEL 'pgherd' PROGRESS FAST WAL MANIFEST 'no'",
    );
  }

  handleRowDescription(): void {
    this.resultSets++;
  }

  /** First the start position, then a row for each tablespace (its size in kB), after the data the end position. */
  handleDataRow(message: { fields: readonly (string | Buffer | null)[] }): void {
    if (this.resultSets !== 2) return;
    const [oid, location, size] = message.fields.map((field) => (field === null ? null : field.toString()));
    if (oid !== null && oid !== undefined) {
      this.fail(
        new Error(
          `the source has a tablespace at "${location}": copy it with a script of its own (recovery_1st_stage_command)`,
        ),
      );
      return;
    }
    this.totalBytes = size === null || size === undefined ? null : Number(size) * 1024;
  }

  handleCopyData(message: { chunk: Buffer }): void {
    this.heard();
    if (this.failure !== null) return;
    const { chunk } = message;
    if (!this.modern) {
      this.unpack(chunk);
      return;
    }
    switch (chunk[0]) {
      case 0x6e: // n: an archive begins
        this.archive = null;
        return;
      case 0x64: // d
        this.unpack(chunk.subarray(1));
        return;
      default: // p: progress, m: manifest
    }
  }

  private unpack(data: Buffer): void {
    this.archive ??= this.newArchive();
    this.doneBytes += data.length;
    const now = performance.now();
    if (now - this.toldAt >= PROGRESS_EVERY_MS) {
      this.toldAt = now;
      this.options.progress(this.doneBytes, this.totalBytes);
    }
    const { stream } = this.client.connection as unknown as { stream: { pause(): void; resume(): void } };
    // The library's buffer is used again: the archive keeps what it has not unpacked yet.
    if (this.archive.write(Buffer.from(data)) || this.paused) return;
    this.paused = true;
    stream.pause();
    this.archive.once('drain', () => {
      this.paused = false;
      stream.resume();
    });
  }

  private newArchive(): ReturnType<typeof extract> {
    const archive = extract();
    archive.on('entry', (header, content, next) => {
      unpackEntry(header, content, this.options).then(
        () => next(),
        (error: Error) => this.fail(error),
      );
    });
    this.unpacking.push(
      new Promise((resolve, reject) => {
        archive.once('finish', resolve);
        archive.once('error', reject);
      }),
    );
    return archive;
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    if (this.failure !== null) return;
    if (this.archive === null) this.fail(new Error('the source sent no data'));
    else {
      (this.archive.end as () => unknown).call(this.archive);
      this.resolve();
    }
  }

  handleError(error: Error): void {
    this.fail(error);
  }

  private fail(error: Error): void {
    if (this.failure !== null) return;
    this.failure = error;
    for (const unpacking of this.unpacking) unpacking.catch(() => {});
    this.archive?.destroy();
    this.reject(error);
    this.client.end().catch(() => {});
  }
}

type Content = AsyncIterable<unknown> & { resume(): unknown };

/** One file of the archive. A name that leads outside is refused: the source may be any server that we were told of. */
async function unpackEntry(header: Header, content: Content, options: BackupOptions): Promise<void> {
  const { directory, owner } = options;
  const target = path.resolve(directory, header.name);
  if (target !== path.resolve(directory) && !target.startsWith(`${path.resolve(directory)}${path.sep}`)) {
    throw new Error(`the source sent a file outside its data directory: "${header.name}"`);
  }
  const own = async (file: string): Promise<void> => {
    if (owner !== undefined) await fs.promises.chown(file, owner.uid, owner.gid);
  };
  switch (header.type) {
    case 'directory':
      content.resume();
      await fs.promises.mkdir(target, { recursive: true, mode: 0o700 });
      await own(target);
      return;
    case 'file': {
      const file = await fs.promises.open(target, 'w', 0o600);
      try {
        for await (const chunk of content) await file.write(chunk as Buffer);
        if (owner !== undefined) await file.chown(owner.uid, owner.gid);
        await file.sync();
      } finally {
        await file.close();
      }
      return;
    }
    default:
      throw new Error(
        `the source has a ${header.type ?? 'thing'} at "${header.name}": copy it with a script of its own`,
      );
  }
}
