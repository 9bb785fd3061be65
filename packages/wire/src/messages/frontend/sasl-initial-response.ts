import { BodyReader } from '../../reader.ts';
import { Frontend } from '../../types.ts';
import { MessageWriter } from '../../writer.ts';

export interface SaslInitialResponse {
  readonly mechanism: string;
  /** Null when the client waits for the server to begin. Aliases the body. */
  readonly data: Buffer | null;
}

/** SASLInitialResponse ('p', frontend): CString mechanism, Int32 length or -1, bytes. @throws ProtocolError 08P01. */
export function decodeSaslInitialResponse(body: Buffer): SaslInitialResponse {
  const reader = new BodyReader(body);
  const response = { mechanism: reader.cstring(), data: reader.value() };
  reader.end();
  return response;
}

export function encodeSaslInitialResponse(mechanism: string, data: Buffer | null): Buffer {
  return new MessageWriter().begin(Frontend.PASSWORD).cstring(mechanism).value(data).end().finish();
}
