import { Frontend } from '../types.ts';
import { MessageWriter } from '../writer.ts';

/** CopyData ('d', either side): the whole body is data, cut anywhere. Aliases `body`. */
export function decodeCopyData(body: Buffer): Buffer {
  return body;
}

export function encodeCopyData(data: Buffer): Buffer {
  return new MessageWriter(data.length + 5).begin(Frontend.COPY_DATA).bytes(data).end().finish();
}
