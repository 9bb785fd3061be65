/** What an operator may wish. An act is written once here, and every door offers the same ones. */
import { z } from 'zod';

const node = z.int().nonnegative();

export const wishSchema = z.discriminatedUnion('act', [
  /** Use the node again. */
  z.object({ act: z.literal('attach'), node }),
  /** Leave the node out. `gracefully`: new clients wait, and those that are there may finish first (recovery_timeout). */
  z.object({ act: z.literal('detach'), node, gracefully: z.boolean().default(false) }),
  /** Believe that this node is the primary now, because somebody promoted it. Nothing is done to any server. */
  z.object({ act: z.literal('relabel'), node, gracefully: z.boolean().default(false) }),
  /** A planned change of the primary: no commit lost, no client cut that waits. `to` null = the best candidate. */
  z.object({ act: z.literal('switchover'), to: node.nullable(), gracefully: z.boolean().default(false) }),
  /** Replace a primary that is lost, or is to be given up. `acceptLoss` overrules failover_max_lost_bytes. */
  z.object({ act: z.literal('failover'), to: node.nullable(), acceptLoss: z.boolean().default(false) }),
  /** Make the node a standby of the present primary (rewound, or copied anew) and attach it. */
  z.object({ act: z.literal('recover'), node }),
]);
export type Wish = z.infer<typeof wishSchema>;
export type Act = Wish['act'];

/** One thing that was looked at before an act, and what it means. */
export const checkSchema = z.object({
  name: z.string(),
  ok: z.boolean(),
  /** What was found. */
  detail: z.string(),
  /** What to do about it; null when it is fine. */
  remedy: z.string().nullable(),
});
export type Check = z.infer<typeof checkSchema>;

/** A wish that is not fulfilled: nothing was changed. `code` is stable, the message is a sentence. */
export class RefusedError extends Error {
  readonly code: RefusalCode;
  readonly checks: readonly Check[];
  constructor(code: RefusalCode, message: string, checks: readonly Check[] = []) {
    super(message);
    this.name = 'RefusedError';
    this.code = code;
    this.checks = checks;
  }
}

export const refusalCodes = [
  /** There is no such node. */
  'NO_SUCH_NODE',
  /** The node is already where it is wished to be. */
  'NOTHING_TO_DO',
  /** Another act is under way. */
  'BUSY',
  /** backend_clustering_mode does not have this act. */
  'WRONG_MODE',
  /** A check failed; see `checks`. */
  'NOT_POSSIBLE',
  /** The part is switched off in the configuration. */
  'NOT_ENABLED',
  /** What the caller goes by is not so any more: look again. */
  'CONFLICT',
  /** The files of the configuration are read-only: whoever manages them has to change them. */
  'EXTERNALLY_MANAGED',
  /** Commands and paths are not changed over the control interface (control_may_change_commands). */
  'NOT_ALLOWED',
] as const;
export type RefusalCode = (typeof refusalCodes)[number];
