import type { CommandIo } from '../io.ts';

/** One sub-command of `pgherd`: what it does in one line, how it is called, and doing it. */
export interface Command {
  readonly summary: string;
  readonly usage: string;
  /** @returns the exit code @throws UsageError, CommandError */
  run(args: readonly string[], io: CommandIo): Promise<number>;
}
