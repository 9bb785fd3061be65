import { BodyReader } from '../../reader.ts';
import { Frontend } from '../../types.ts';
import { MessageWriter } from '../../writer.ts';

/** CopyFail ('f', frontend): CString reason. @throws ProtocolError 08P01. */
export function decodeCopyFail(body: Buffer): string {
  const reader = new BodyReader(body);
  const reason = reader.cstring();
  reader.end();
  return reason;
}

export function encodeCopyFail(reason: string): Buffer {
  return new MessageWriter().begin(Frontend.COPY_FAIL).cstring(reason).end().finish();
}
