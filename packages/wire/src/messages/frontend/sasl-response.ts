import { Frontend } from '../../types.ts';
import { MessageWriter } from '../../writer.ts';

/** SASLResponse ('p', frontend): the whole body is the mechanism's. Aliases `body`. */
export function decodeSaslResponse(body: Buffer): Buffer {
  return body;
}

export function encodeSaslResponse(data: Buffer): Buffer {
  return new MessageWriter().begin(Frontend.PASSWORD).bytes(data).end().finish();
}
