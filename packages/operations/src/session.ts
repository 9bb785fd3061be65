/** Clients and their connections to servers, as one worker tells them. */
import { z } from 'zod';

export const sessionLinkSchema = z.object({
  node: z.int(),
  /** Of the server process. */
  pid: z.int(),
  openedAt: z.string(),
  /** Sessions that it has served, the present one included. */
  uses: z.int(),
});

export const sessionSchema = z.object({
  /** Unique while the engine runs. */
  id: z.string(),
  workerPid: z.int(),
  database: z.string(),
  user: z.string(),
  /** application_name as the client gave it at its start. */
  application: z.string(),
  /** As in SHOW pool_processes. */
  status: z.string(),
  state: z.enum(['active', 'idle', 'idle in transaction', 'idle in failed transaction']),
  /** ISO 8601: since when `state`. */
  stateChangedAt: z.string(),
  /** ISO 8601: when the transaction that is open began; null: none is. */
  transactionStartedAt: z.string().nullable(),
  connectedAt: z.string(),
  idleMs: z.number(),
  /** 3.0 as [3, 0] */
  protocol: z.tuple([z.int(), z.int()]),
  /** Where its reads go. */
  readNode: z.int(),
  /** Nodes that its last statement was sent to. */
  lastNodes: z.array(z.int()),
  host: z.string(),
  port: z.string(),
  statement: z.string(),
  links: z.array(sessionLinkSchema),
});
export type SessionFacts = z.infer<typeof sessionSchema>;

/** The rows of one of the proxy's own SHOW commands. */
export interface Shown {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const SESSIONS_MAX = 1_000;

/** Sessions by id; what is told beside must still be true, else the session is left alone. */
export const sessionTargetsSchema = z.object({
  sessions: z
    .array(
      z.object({
        id: z.string().max(64),
        user: z.string().max(200).optional(),
        connectedAt: z.string().max(40).optional(),
      }),
    )
    .min(1)
    .max(SESSIONS_MAX),
  /** For the log, and for the client of a session that ends. */
  reason: z.string().max(200).default(''),
});
export type SessionTargets = z.infer<typeof sessionTargetsSchema>;

export const sessionResultSchema = z.object({
  id: z.string(),
  /** `idle`: there was no statement to cancel. `gone`: no such session. `another`: it is not the one that was meant. */
  outcome: z.enum(['done', 'idle', 'gone', 'another', 'noAnswer']),
});
export type SessionResult = z.infer<typeof sessionResultSchema>;

const PIDS_MAX = 5_000;

export const activityQuestionSchema = z.object({
  nodes: z
    .array(z.object({ node: z.int().nonnegative(), pids: z.array(z.int().positive()).max(PIDS_MAX) }))
    .min(1)
    .max(128),
});
export type ActivityQuestion = z.infer<typeof activityQuestionSchema>;

/** What pg_stat_activity says of server processes, without statements. Absent where the probe role may not see it. */
export const nodeActivitySchema = z.object({
  node: z.int(),
  /** Why the node did not tell: one sentence. */
  error: z.string().nullable(),
  rows: z.array(
    z.object({
      pid: z.int(),
      state: z.string().nullable(),
      waitEventType: z.string().nullable(),
      waitEvent: z.string().nullable(),
      queryStart: z.string().nullable(),
      transactionStart: z.string().nullable(),
      stateChange: z.string().nullable(),
      backendType: z.string().nullable(),
    }),
  ),
});
export type NodeActivity = z.infer<typeof nodeActivitySchema>;
