/** What the procedures of the configuration have in common. */
import { z } from 'zod';
import type { ApplyRunView } from '../../../shared/live/topics.ts';
import type { Console } from '../../console.ts';
import type { ClusterRef } from '../../engines/cluster-ref.ts';
import type { Caller } from '../../people/caller.ts';
import { type Author, Versions } from '../../versions/versions.ts';

export interface ClusterContext {
  readonly console: Console;
  readonly cluster: ClusterRef;
}

export const versionsOf = (ctx: ClusterContext): Versions =>
  new Versions(ctx.console.prisma, ctx.console.keyring, ctx.cluster.id);
export const authorOf = ({ person }: { readonly person: Caller }): Author => ({ id: person.userId, name: person.name });

export const changeSchema = z.object({ name: z.string(), from: z.string().nullable(), to: z.string().nullable() });

export const versionSchema = z.object({
  number: z.int(),
  hash: z.string(),
  author: z.string(),
  reason: z.string(),
  source: z.string(),
  rollbackOf: z.int().nullable(),
  parent: z.int().nullable(),
  createdAt: z.string(),
  wanted: z.boolean(),
  /** Proxy → how the last apply of it ended there. */
  outcome: z.record(z.string(), z.string()),
  /** When it was what is wanted: from, and until (null: still, or never). */
  liveFrom: z.string().nullable(),
});

interface Row {
  readonly id: string;
  readonly number: number;
  readonly hash: string;
  readonly authorName: string;
  readonly reason: string;
  readonly source: string;
  readonly rollbackOf: number | null;
  readonly parentId: string | null;
  readonly createdAt: Date;
}

export function versionView(
  row: Row,
  all: readonly Row[],
  wantedId: string | null,
  runs: readonly {
    readonly versionId: string;
    readonly steps: string;
    readonly startedAt: Date;
    readonly state: string;
  }[],
): z.infer<typeof versionSchema> {
  const mine = runs.filter(({ versionId }) => versionId === row.id);
  const outcome: Record<string, string> = {};
  for (const run of mine.toReversed())
    Object.assign(outcome, (JSON.parse(run.steps) as { outcome: ApplyRunView['outcome'] }).outcome);
  const taken = Object.values(outcome).some((how) => how === 'inStep' || how === 'restartPending');
  return {
    ...{ number: row.number, hash: row.hash, author: row.authorName, reason: row.reason, source: row.source },
    ...{ rollbackOf: row.rollbackOf, parent: all.find(({ id }) => id === row.parentId)?.number ?? null },
    ...{ createdAt: row.createdAt.toISOString(), wanted: row.id === wantedId, outcome },
    liveFrom:
      row.source === 'import'
        ? row.createdAt.toISOString()
        : taken
          ? (mine.at(-1)?.startedAt.toISOString() ?? null)
          : null,
  };
}
