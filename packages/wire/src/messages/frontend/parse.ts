import { BodyReader } from '../../reader.ts';
import { Frontend } from '../../types.ts';
import { MessageWriter } from '../../writer.ts';

export interface Parse {
  /** Empty for the unnamed statement. */
  readonly statement: string;
  readonly sql: string;
  /** Object ids; 0 leaves a type to the server, and the list may be shorter than the parameters. */
  readonly parameterTypes: readonly number[];
}

/** Parse ('P', frontend): CString statement, CString sql, Int16 n, n of Int32 type. @throws ProtocolError 08P01. */
export function decodeParse(body: Buffer): Parse {
  const reader = new BodyReader(body);
  const statement = reader.cstring();
  const sql = reader.cstring();
  const count = reader.count16();
  const parameterTypes: number[] = [];
  for (let i = 0; i < count; i++) parameterTypes.push(reader.uint32());
  reader.end();
  return { statement, sql, parameterTypes };
}

export function encodeParse({ statement, sql, parameterTypes }: Parse): Buffer {
  const writer = new MessageWriter(256).begin(Frontend.PARSE).cstring(statement).cstring(sql);
  writer.int16(parameterTypes.length);
  for (const type of parameterTypes) writer.int32(type);
  return writer.end().finish();
}
