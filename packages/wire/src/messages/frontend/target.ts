import { ProtocolError } from '../../errors.ts';
import { BodyReader } from '../../reader.ts';
import { MessageWriter } from '../../writer.ts';

/** What Describe and Close point at. */
export interface Target {
  readonly kind: 'statement' | 'portal';
  /** Empty for the unnamed one. */
  readonly name: string;
}

/** Body of Describe and Close: Byte1 'S' or 'P', CString name. @throws ProtocolError 08P01. */
export function decodeTarget(message: 'DESCRIBE' | 'CLOSE', body: Buffer): Target {
  const reader = new BodyReader(body);
  const subtype = reader.byte();
  const name = reader.cstring();
  reader.end();
  if (subtype === 0x53) return { kind: 'statement', name };
  if (subtype === 0x50) return { kind: 'portal', name };
  throw new ProtocolError(`invalid ${message} message subtype ${subtype}`);
}

export function encodeTarget(type: number, target: Target): Buffer {
  const subtype = target.kind === 'statement' ? 0x53 : 0x50;
  return new MessageWriter().begin(type).byte(subtype).cstring(target.name).end().finish();
}
