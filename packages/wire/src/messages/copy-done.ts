import { Frontend } from '../types.ts';
import { emptyMessage } from '../writer.ts';

const MESSAGE = emptyMessage(Frontend.COPY_DONE);

/** CopyDone ('c', either side): no body. */
export function encodeCopyDone(): Buffer {
  return Buffer.from(MESSAGE);
}
