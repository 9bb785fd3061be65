/** What would happen if a node died now. By the last known figures, whose age is told. */
import { z } from 'zod';
import { checkSchema } from './wish.ts';

export const candidateSchema = z.object({
  node: z.int(),
  eligible: z.boolean(),
  /** Why not, or what speaks for it; one sentence each. */
  reasons: z.array(z.string()),
  timeline: z.int().nullable(),
  /** `X/Y` */
  receivedLsn: z.string().nullable(),
  replayLsn: z.string().nullable(),
  /** Behind the primary's last known position by what it has received. */
  behindBytes: z.number().nullable(),
  /** pg_stat_replication.sync_state; empty if unknown. */
  syncState: z.string(),
});
export type Candidate = z.infer<typeof candidateSchema>;

export const planSchema = z.object({
  /** The node that is thought to die. */
  node: z.int(),
  outcome: z.enum(['failover', 'readsMove', 'waitForPrimary', 'standsStill', 'nothing']),
  /** One sentence. */
  summary: z.string(),
  candidate: z.int().nullable(),
  candidates: z.array(candidateSchema),
  lostBytes: z.object({
    /** By the last known figures; null = not known. Writes after them come on top, without bound. */
    atLeast: z.number().nullable(),
    /** True when a synchronous standby is the candidate: nothing acknowledged is lost. */
    none: z.boolean(),
    /** ISO 8601: when these figures were taken. */
    asOf: z.string().nullable(),
  }),
  preconditions: z.array(checkSchema),
  estimateMs: z.object({ detect: z.number(), promote: z.number(), total: z.number() }),
  failoverBy: z.enum(['external', 'command', 'builtin']),
});
export type Plan = z.infer<typeof planSchema>;
