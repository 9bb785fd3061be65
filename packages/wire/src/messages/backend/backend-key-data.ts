import { ProtocolError } from '../../errors.ts';
import { CANCEL_KEY_BYTES_MAX, CANCEL_KEY_BYTES_MIN } from '../../limits.ts';
import { BodyReader } from '../../reader.ts';
import { Backend } from '../../types.ts';
import { MessageWriter } from '../../writer.ts';

export interface BackendKeyData {
  readonly pid: number;
  /** What a CancelRequest must repeat: 4 bytes in protocol 3.0, up to 256 from 3.2 on. Aliases the body. */
  readonly secret: Buffer;
}

/** BackendKeyData ('K', backend): Int32 process id, then the key up to the end. @throws ProtocolError 08P01. */
export function decodeBackendKeyData(body: Buffer): BackendKeyData {
  const reader = new BodyReader(body);
  const key = { pid: reader.int32(), secret: reader.rest() };
  checkLength(key.secret);
  return key;
}

export function encodeBackendKeyData(pid: number, secret: Buffer): Buffer {
  checkLength(secret);
  return new MessageWriter(16).begin(Backend.BACKEND_KEY_DATA).int32(pid).bytes(secret).end().finish();
}

function checkLength(secret: Buffer): void {
  if (secret.length < CANCEL_KEY_BYTES_MIN || secret.length > CANCEL_KEY_BYTES_MAX) {
    throw new ProtocolError('invalid length of cancel key in BackendKeyData');
  }
}
