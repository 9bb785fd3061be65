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
  /** As in SHOW pool_processes. */
  status: z.string(),
  connectedAt: z.string(),
  idleMs: z.number(),
  /** 3.0 as [3, 0] */
  protocol: z.tuple([z.int(), z.int()]),
  readNode: z.int(),
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
