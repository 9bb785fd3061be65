import type { Author, Operations } from '@pgherd/operations';

/** What the commands of PCP need of the room behind the doors. */
export type PcpOperations = Pick<
  Operations,
  'status' | 'show' | 'operations' | 'begin' | 'ended' | 'reload' | 'stop' | 'rotateLog' | 'invalidateCache'
>;

export interface CommandContext {
  readonly operations: PcpOperations;
  readonly author: Author;
  /** How long an answer may wait for the end of an attach or detach; after that it is told as begun. */
  readonly settleMs: number;
  /** For the log of the engine. */
  log(message: string): void;
}

export interface Answer {
  /** Whole frames. */
  readonly bytes: Buffer;
  /** Done after the answer is on its way; its failure is logged. */
  readonly afterwards?: () => Promise<void>;
}

/** One command. @throws PcpRefusal, RefusedError, or whatever the engine's answer fails with */
export type Command = (body: Buffer, context: CommandContext) => Promise<Answer>;
