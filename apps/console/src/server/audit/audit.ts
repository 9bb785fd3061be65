/**
 * What was done and what was refused: append-only, each entry's hash covers the one before it, so that a change or a gap shows.
 * Written one after the other. Nobody edits it; there is no code that updates or deletes a row.
 */
import { createHash } from 'node:crypto';
import type { Prisma } from '../data/database.ts';

export interface AuditFact {
  readonly actor: string;
  readonly actorId: string | null;
  readonly via: 'session' | 'token' | 'system' | 'nobody';
  readonly address: string;
  readonly clusterId: string | null;
  /** The procedure's path, or the console's own act. */
  readonly action: string;
  readonly target: string;
  /** Before, after, reason … never a secret. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly result: 'done' | 'refused' | 'failed';
}

export interface AuditRow extends Omit<AuditFact, 'details' | 'via' | 'result'> {
  readonly seq: number;
  readonly at: Date;
  readonly via: string;
  readonly details: string;
  readonly result: string;
  readonly prevHash: string;
  readonly hash: string;
}

const FIRST = '0'.repeat(64);
const DETAILS_MAX = 20_000;

export class Audit {
  readonly #prisma: Prisma;
  #chain: Promise<unknown> = Promise.resolve();
  #last: { seq: number; hash: string } | null = null;

  constructor(prisma: Prisma) {
    this.#prisma = prisma;
  }

  /** Resolves when it is on disk. @throws when it cannot be written: the act must not go on then */
  write(fact: AuditFact): Promise<void> {
    const written = this.#chain.then(() => this.#append(fact));
    this.#chain = written.catch(() => {});
    return written;
  }

  async #append(fact: AuditFact): Promise<void> {
    try {
      const last = (this.#last ??= await this.#newest());
      const row = chained(fact, last.seq + 1, last.hash, new Date());
      await this.#prisma.auditEntry.create({ data: row });
      this.#last = { seq: row.seq, hash: row.hash };
    } catch (error) {
      this.#last = null;
      throw error;
    }
  }

  async #newest(): Promise<{ seq: number; hash: string }> {
    const row = await this.#prisma.auditEntry.findFirst({ orderBy: { seq: 'desc' } });
    return row ?? { seq: 0, hash: FIRST };
  }

  /** @returns the first entry that does not fit, or null */
  async broken(): Promise<{ readonly seq: number; readonly why: string } | null> {
    let before = { seq: 0, hash: FIRST };
    for (;;) {
      const rows = await this.#prisma.auditEntry.findMany({
        where: { seq: { gt: before.seq } },
        orderBy: { seq: 'asc' },
        take: 500,
      });
      if (rows.length === 0) return null;
      for (const row of rows) {
        if (row.seq !== before.seq + 1) return { seq: row.seq, why: `Entries before ${row.seq} are missing.` };
        if (row.prevHash !== before.hash)
          return { seq: row.seq, why: `Entry ${row.seq} does not follow the one before it.` };
        if (hashOf(row) !== row.hash) return { seq: row.seq, why: `Entry ${row.seq} was changed.` };
        before = row;
      }
    }
  }
}

export function chained(fact: AuditFact, seq: number, prevHash: string, at: Date): AuditRow {
  const details = JSON.stringify(fact.details).slice(0, DETAILS_MAX);
  const row = { ...fact, target: fact.target.slice(0, 500), details, seq, at, prevHash };
  return { ...row, hash: hashOf(row) };
}

function hashOf(row: Omit<AuditRow, 'hash'>): string {
  const { seq, at, actor, actorId, via, address, clusterId, action, target, details, result, prevHash } = row;
  const text = JSON.stringify([
    ...[seq, at.toISOString(), actor, actorId, via, address, clusterId],
    ...[action, target, details, result, prevHash],
  ]);
  return createHash('sha256').update(text).digest('hex');
}
