import { BodyReader } from '../../reader.ts';
import { Backend } from '../../types.ts';
import { MessageWriter } from '../../writer.ts';

/**
 * DataRow ('D', backend): Int16 n, then n of Int32 length (-1 is NULL) and bytes. Values alias `body`.
 * @throws ProtocolError 08P01 for a length under -1 or beyond the body.
 */
export function decodeDataRow(body: Buffer): (Buffer | null)[] {
  const reader = new BodyReader(body);
  const count = reader.count16();
  const values: (Buffer | null)[] = [];
  for (let i = 0; i < count; i++) values.push(reader.value());
  reader.end();
  return values;
}

export function encodeDataRow(values: readonly (string | Buffer | null)[]): Buffer {
  const writer = new MessageWriter(256).begin(Backend.DATA_ROW).int16(values.length);
  for (const value of values) writer.value(value);
  return writer.end().finish();
}
