/** A command was called in a way that cannot work: one sentence with the remedy; exit code 2. */
export class UsageError extends Error {
  readonly code = 'USAGE';
}

/** Something outside is in the way: one sentence with the remedy; exit code 1. */
export class CommandError extends Error {
  readonly code = 'COMMAND_FAILED';
}

/** Who was asked said no, and nothing was changed; exit code 3. */
export class RefusedCommandError extends CommandError {
  readonly exitCode = 3;
}

/** There is nobody to ask; exit code 4. */
export class UnreachableError extends CommandError {
  readonly exitCode = 4;
}

/**
 * What a user reads of an error. Those with a code are expected and say themselves what to do (a LabError in a sentence
 * of its own, `remedy`); anything else is a bug and shows where it happened.
 */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, remedy } = error as { code?: unknown; remedy?: unknown };
  if (typeof remedy === 'string') return `${capitalised(error.message)} ${remedy}`;
  if (typeof code === 'string') return error.message;
  return `this is a bug in pgherd: ${error.stack ?? error.message}`;
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
