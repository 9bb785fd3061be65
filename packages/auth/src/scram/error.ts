/** A SCRAM message that breaks the exchange. `detail` may go to the peer: it never holds a secret. */
export class ScramError extends Error {
  override readonly name = 'ScramError';
  readonly code = 'SCRAM_REFUSED';
  readonly sqlstate: string;
  readonly detail: string | undefined;

  constructor(message: string, detail?: string, sqlstate = '08P01') {
    super(message);
    this.detail = detail;
    this.sqlstate = sqlstate;
  }
}

export function malformed(detail: string): ScramError {
  return new ScramError('malformed SCRAM message', detail);
}
