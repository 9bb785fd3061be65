import { BodyReader } from '../../reader.ts';
import { Frontend } from '../../types.ts';
import { MessageWriter } from '../../writer.ts';

/** Query ('Q', frontend): CString with any number of statements. @throws ProtocolError 08P01. */
export function decodeQuery(body: Buffer): string {
  const reader = new BodyReader(body);
  const sql = reader.cstring();
  reader.end();
  return sql;
}

export function encodeQuery(sql: string | Buffer): Buffer {
  return new MessageWriter().begin(Frontend.QUERY).cstring(sql).end().finish();
}
