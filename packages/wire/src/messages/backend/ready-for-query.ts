import { ProtocolError } from '../../errors.ts';
import { BodyReader } from '../../reader.ts';
import { Backend } from '../../types.ts';
import { MessageWriter } from '../../writer.ts';

/** I idle, T in a transaction, E in a failed transaction. */
export type TransactionStatus = 'I' | 'T' | 'E';

const MESSAGES: Readonly<Record<TransactionStatus, Buffer>> = { I: make('I'), T: make('T'), E: make('E') };

function make(status: TransactionStatus): Buffer {
  return new MessageWriter(6).begin(Backend.READY_FOR_QUERY).byte(status.charCodeAt(0)).end().finish();
}

/** ReadyForQuery ('Z', backend): Byte1 transaction status. @throws ProtocolError 08P01. */
export function decodeReadyForQuery(body: Buffer): TransactionStatus {
  const reader = new BodyReader(body);
  const status = String.fromCharCode(reader.byte());
  reader.end();
  if (status !== 'I' && status !== 'T' && status !== 'E') {
    throw new ProtocolError('unexpected transaction status in ReadyForQuery');
  }
  return status;
}

export function encodeReadyForQuery(status: TransactionStatus): Buffer {
  return Buffer.from(MESSAGES[status]);
}
