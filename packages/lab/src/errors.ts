/** Why the lab refused or failed. Match on the code, show the message and the remedy. */
export type LabErrorCode =
  | 'ACCOUNT_MISSING'
  | 'BINARIES_MISSING'
  | 'BINARIES_UNREACHABLE'
  | 'BINARIES_TOO_OLD'
  | 'LIBRARY_MISSING'
  | 'DIRECTORY_NOT_WRITABLE'
  | 'DIRECTORY_NOT_OURS'
  | 'LAB_EXISTS'
  | 'LAB_BUSY'
  | 'LAB_MISSING'
  | 'LAB_UNREADABLE'
  | 'BAD_OPTION'
  | 'INITDB_FAILED'
  | 'PORT_TAKEN'
  | 'PORTS_EXHAUSTED'
  | 'NODE_RUNNING'
  | 'NODE_NOT_RUNNING'
  | 'NODE_FROZEN'
  | 'START_FAILED'
  | 'START_TIMEOUT'
  | 'STOP_TIMEOUT'
  | 'PROMOTE_FAILED'
  | 'NO_PRIMARY'
  | 'STREAMING_TIMEOUT';

/** One sentence that says what is wrong, one that says what to do about it. Never holds a password. */
export class LabError extends Error {
  readonly code: LabErrorCode;
  readonly remedy: string;
  constructor(code: LabErrorCode, message: string, remedy: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'LabError';
    this.code = code;
    this.remedy = remedy;
  }
}

/** `code` of a Node system error, or an empty text. */
export function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Turns a refused write into one sentence; any other error passes through. */
export function explainWrite(error: unknown, path: string): unknown {
  switch (errnoOf(error)) {
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return new LabError(
        'DIRECTORY_NOT_WRITABLE',
        `cannot write to ${path}: ${errnoOf(error) === 'EROFS' ? 'the file system is read-only' : 'permission denied'}.`,
        'Choose a writable directory with --dir DIR.',
        { cause: error },
      );
    case 'ENOENT':
    case 'ENOTDIR':
      return new LabError(
        'DIRECTORY_NOT_WRITABLE',
        `cannot make ${path}.`,
        'Choose another directory with --dir DIR.',
        {
          cause: error,
        },
      );
    case 'ENOSPC':
      return new LabError(
        'DIRECTORY_NOT_WRITABLE',
        `cannot write to ${path}: the disk is full.`,
        'Free some space, or choose another directory with --dir DIR.',
        { cause: error },
      );
    default:
      return error;
  }
}
