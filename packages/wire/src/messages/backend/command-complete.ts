import { BodyReader } from '../../reader.ts';
import { Backend } from '../../types.ts';
import { MessageWriter } from '../../writer.ts';

/** CommandComplete ('C', backend): CString tag such as `INSERT 0 1`. @throws ProtocolError 08P01. */
export function decodeCommandComplete(body: Buffer): string {
  const reader = new BodyReader(body);
  const tag = reader.cstring();
  reader.end();
  return tag;
}

export function encodeCommandComplete(tag: string): Buffer {
  return new MessageWriter().begin(Backend.COMMAND_COMPLETE).cstring(tag).end().finish();
}
