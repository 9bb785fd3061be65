/** A command was called in a way that cannot work: one sentence with the remedy; exit code 2. */
export class UsageError extends Error {
  readonly code = 'USAGE';
}

/** Something outside is in the way: one sentence with the remedy; exit code 1. */
export class CommandError extends Error {
  readonly code = 'COMMAND_FAILED';
}
