/**
 * What a peer sent is not the PostgreSQL protocol, or what we were asked to send cannot be expressed in it.
 * The session that carries it ends; nothing after the faulty message can be trusted.
 */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code = 'PROTOCOL_VIOLATION';
  readonly sqlstate: string;
  readonly hint: string | undefined;

  constructor(message: string, sqlstate = '08P01', hint?: string) {
    super(message);
    this.sqlstate = sqlstate;
    this.hint = hint;
  }
}
