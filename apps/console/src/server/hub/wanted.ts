/** Of a cluster what lies in the database: what is asked for, by whom, what is being applied, which problems were seen. */
import { randomUUID } from 'node:crypto';
import type { Operation } from '@pgherd/operations';
import type { Logger } from 'pino';
import type { ApplyRunView, ClusterStatus } from '../../shared/live/topics.ts';
import type { Prisma } from '../data/database.ts';

interface Noted {
  readonly by: string;
  readonly note: string;
  readonly at: string;
}

export class Wanted {
  version: { readonly number: number; readonly hashes: ReadonlyMap<string, string> } | null = null;
  lastChange: ClusterStatus['configuration']['lastChange'] = null;
  draft: ClusterStatus['configuration']['draft'] = null;
  /** Proxy id → why. */
  rejected: ReadonlyMap<string, string> = new Map();
  acknowledged: ReadonlyMap<string, Noted> = new Map();
  run: ApplyRunView | null = null;
  lagLimit: { readonly ms: number | null; readonly bytes: number | null } = { ms: null, bytes: null };
  /** Grows with each change: whoever shows drafts or versions asks again. */
  stamp = 0;
  readonly #clusterId: string;
  readonly #prisma: Prisma;
  readonly #log: Logger;
  readonly #changed: () => void;

  constructor(clusterId: string, prisma: Prisma, log: Logger, changed: () => void) {
    this.#clusterId = clusterId;
    this.#prisma = prisma;
    this.#log = log;
    this.#changed = changed;
  }

  /** Reads it anew. What cannot be read stays as it was, and is logged: a live picture needs no database. */
  async read(): Promise<void> {
    const clusterId = this.#clusterId;
    const where = { clusterId };
    try {
      const [cluster, versions, draft, acknowledgements] = await Promise.all([
        this.#prisma.cluster.findUnique({ where: { id: clusterId } }),
        this.#prisma.version.findMany({ where, orderBy: { number: 'desc' }, take: 1 }),
        this.#prisma.draft.findFirst({ where: { clusterId, state: 'open' }, orderBy: { updatedAt: 'desc' } }),
        this.#prisma.acknowledgement.findMany({ where: { clusterId, endedAt: null } }),
      ]);
      const [newest] = versions;
      const wanted =
        cluster?.wantedVersionId == null
          ? null
          : await this.#prisma.version.findUnique({ where: { id: cluster.wantedVersionId } });
      const hashes =
        wanted === null ? [] : await this.#prisma.versionHash.findMany({ where: { versionId: wanted.id } });
      this.version =
        wanted === null
          ? null
          : {
              number: wanted.number,
              hashes: new Map(hashes.map(({ proxyId, hash, keyId }) => [proxyId, `${keyId}:${hash}`])),
            };
      this.lagLimit = wanted === null ? { ms: null, bytes: null } : lagLimitOf(wanted.files);
      this.lastChange =
        newest === undefined
          ? null
          : { number: newest.number, by: newest.authorName, at: newest.createdAt.toISOString() };
      this.draft = draft === null ? null : { id: draft.id, title: draft.title, changes: draft.changes };
      this.acknowledged = new Map(
        acknowledgements.map(({ problem, byName, note, at }) => [problem, { by: byName, note, at: at.toISOString() }]),
      );
    } catch (error) {
      this.#log.warn({ err: error }, 'what is wanted of a cluster cannot be read');
      return;
    }
    this.stamp++;
    this.#changed();
  }

  setRun(run: ApplyRunView | null): void {
    this.run = run;
    this.stamp++;
    this.#changed();
  }

  /** @param rejected proxy id → why; null takes it back */
  setRejected(proxyId: string, why: string | null): void {
    const next = new Map(this.rejected);
    if (why === null) next.delete(proxyId);
    else next.set(proxyId, why);
    this.rejected = next;
    this.#changed();
  }

  /** Ended acts outlive the engine's memory. */
  async keepReport(proxyId: string, operation: Operation): Promise<void> {
    if (operation.state === 'running') return;
    const text = JSON.stringify(operation);
    try {
      await this.#prisma.operationReport.upsert({
        where: { proxyId_engineId: { proxyId, engineId: operation.id } },
        create: {
          ...{ id: randomUUID(), clusterId: this.#clusterId, proxyId, engineId: operation.id },
          ...{ operation: text, reason: '', byName: operation.by.user, startedAt: new Date(operation.startedAt) },
        },
        update: { operation: text, updatedAt: new Date() },
      });
    } catch (error) {
      this.#log.warn({ err: error }, 'the report of an operation cannot be kept');
    }
  }
}

/** delay_threshold and delay_threshold_by_time, as the wanted text says; a note for colours only. */
function lagLimitOf(files: string): { ms: number | null; bytes: number | null } {
  const text = (JSON.parse(files) as Record<string, string>)['pgpool.conf'] ?? '';
  const value = (name: string): string | null =>
    new RegExp(`^\\s*${name}\\s*=\\s*'?([0-9.]+\\s*[a-zA-Z]*)'?`, 'm').exec(text)?.[1]?.trim() ?? null;
  const time = value('delay_threshold_by_time');
  const bytes = value('delay_threshold');
  return {
    ms: time === null ? null : milliseconds(time),
    bytes: bytes === null ? null : Number.parseFloat(bytes) || null,
  };
}

function milliseconds(text: string): number | null {
  const [, number = '', unit = ''] = /^([0-9.]+)\s*([a-z]*)$/.exec(text) ?? [];
  const factor: Readonly<Record<string, number>> = { '': 1, ms: 1, s: 1_000, min: 60_000, h: 3_600_000 };
  const value = Number.parseFloat(number) * (factor[unit] ?? Number.NaN);
  return Number.isFinite(value) && value > 0 ? value : null;
}
