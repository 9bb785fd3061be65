import { BodyReader } from '../../reader.ts';
import { Backend } from '../../types.ts';
import { MessageWriter } from '../../writer.ts';

/** ParameterDescription ('t', backend): Int16 n, n of Int32 type. @throws ProtocolError 08P01. */
export function decodeParameterDescription(body: Buffer): number[] {
  const reader = new BodyReader(body);
  const types: number[] = [];
  for (let left = reader.count16(); left > 0; left--) types.push(reader.uint32());
  reader.end();
  return types;
}

export function encodeParameterDescription(types: readonly number[]): Buffer {
  const writer = new MessageWriter().begin(Backend.PARAMETER_DESCRIPTION).int16(types.length);
  for (const type of types) writer.int32(type);
  return writer.end().finish();
}
