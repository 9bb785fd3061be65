/** The event journal: every change of the herd, with its cause. */
import { z } from 'zod';
import { authorSchema } from './author.ts';

export const eventKinds = [
  'started',
  'stopped',
  'reloaded',
  'configurationApplied',
  'configurationRejected',
  'sessionsEnded',
  'statementsCancelled',
  'nodeSuspected',
  'nodeDetached',
  'nodeAttached',
  'nodeQuarantined',
  'primaryFound',
  'primaryLost',
  'falsePrimary',
  'failoverStarted',
  'failoverWaits',
  'failoverDone',
  'failoverFailed',
  'actResumed',
  'lossKnown',
  'switchoverStarted',
  'switchoverDone',
  'switchoverFailed',
  'recoveryStarted',
  'recoveryDone',
  'recoveryFailed',
  'nodeFollows',
  'nodeCannotFollow',
  'standbyDiscovered',
  'syncRelaxed',
  'syncRestored',
  'commandRun',
  'flapping',
] as const;

export const herdEventSchema = z.object({
  /** Grows by one, also over restarts. */
  seq: z.int(),
  /** ISO 8601. */
  at: z.string(),
  kind: z.enum(eventKinds),
  node: z.int().nullable(),
  severity: z.enum(['info', 'warning', 'error']),
  /** One sentence. */
  message: z.string(),
  by: authorSchema,
  epoch: z.int(),
  /** Figures: positions as `X/Y`, bytes, milliseconds. */
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});
export type HerdEvent = z.infer<typeof herdEventSchema>;
export type HerdEventKind = HerdEvent['kind'];
