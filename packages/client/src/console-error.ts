/** What a call that did not succeed is told by. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly remedy: string | null;
}

export class ConsoleError extends Error {
  /** Stable: of the refusal (`PERMISSION`, `BUSY`, `STALE` …), else of HTTP's kind (`BAD_REQUEST` …), or `UNREACHABLE`. */
  readonly code: string;
  /** Of HTTP; null: no answer came, and what was asked may have been begun all the same. */
  readonly status: number | null;
  /** The permission that is missing. */
  readonly permission: string | null;
  /** What was looked at before an act, where that refused it. */
  readonly checks: readonly Check[];

  constructor(
    message: string,
    facts: {
      readonly code: string;
      readonly status: number | null;
      readonly permission?: string | null;
      readonly checks?: readonly Check[];
      readonly cause?: unknown;
    },
  ) {
    super(message, { cause: facts.cause });
    this.name = 'ConsoleError';
    this.code = facts.code;
    this.status = facts.status;
    this.permission = facts.permission ?? null;
    this.checks = facts.checks ?? [];
  }
}

interface Body {
  readonly message?: unknown;
  readonly code?: unknown;
  readonly data?: {
    readonly refused?: {
      readonly code?: string;
      readonly permission?: string | null;
      readonly checks?: readonly Check[];
    } | null;
  };
}

/** An answer that is none: a refusal of the console, or something in between that speaks no JSON. */
export function errorOf(status: number, body: unknown): ConsoleError {
  const { message, code, data } = (typeof body === 'object' && body !== null ? body : {}) as Body;
  const refused = data?.refused ?? null;
  return new ConsoleError(typeof message === 'string' ? message : `The console answered with HTTP ${status}.`, {
    code: refused?.code ?? (typeof code === 'string' ? code : `HTTP_${status}`),
    status,
    permission: refused?.permission ?? null,
    checks: refused?.checks ?? [],
  });
}
