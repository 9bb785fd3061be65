import { BodyReader } from '../../reader.ts';
import { Frontend } from '../../types.ts';
import { MessageWriter } from '../../writer.ts';

export interface FunctionCall {
  readonly functionOid: number;
  /** 0 text, 1 binary: none for all text, one for all, or one each. */
  readonly argumentFormats: readonly number[];
  readonly values: readonly (Buffer | null)[];
  readonly resultFormat: number;
}

/**
 * FunctionCall ('F', frontend): Int32 function, Int16 n, n formats, Int16 m, m of (Int32 length or -1, bytes), Int16
 * result format. Values alias `body`. @throws ProtocolError 08P01.
 */
export function decodeFunctionCall(body: Buffer): FunctionCall {
  const reader = new BodyReader(body);
  const functionOid = reader.uint32();
  const argumentFormats: number[] = [];
  for (let left = reader.count16(); left > 0; left--) argumentFormats.push(reader.int16());
  const values: (Buffer | null)[] = [];
  for (let left = reader.count16(); left > 0; left--) values.push(reader.value());
  const resultFormat = reader.int16();
  reader.end();
  return { functionOid, argumentFormats, values, resultFormat };
}

export function encodeFunctionCall({ functionOid, argumentFormats, values, resultFormat }: FunctionCall): Buffer {
  const writer = new MessageWriter().begin(Frontend.FUNCTION_CALL).int32(functionOid).int16(argumentFormats.length);
  for (const format of argumentFormats) writer.int16(format);
  writer.int16(values.length);
  for (const value of values) writer.value(value);
  return writer.int16(resultFormat).end().finish();
}
