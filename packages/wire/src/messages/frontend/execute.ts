import { BodyReader } from '../../reader.ts';
import { Frontend } from '../../types.ts';
import { MessageWriter } from '../../writer.ts';

export interface Execute {
  readonly portal: string;
  /** 0 for no limit. PostgreSQL takes a negative number as no limit too. */
  readonly rowsMax: number;
}

/** Execute ('E', frontend): CString portal, Int32 row limit. @throws ProtocolError 08P01. */
export function decodeExecute(body: Buffer): Execute {
  const reader = new BodyReader(body);
  const execute = { portal: reader.cstring(), rowsMax: reader.int32() };
  reader.end();
  return execute;
}

export function encodeExecute({ portal, rowsMax }: Execute): Buffer {
  return new MessageWriter().begin(Frontend.EXECUTE).cstring(portal).int32(rowsMax).end().finish();
}
