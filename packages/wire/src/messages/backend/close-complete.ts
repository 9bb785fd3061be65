import { Backend } from '../../types.ts';
import { emptyMessage } from '../../writer.ts';

const MESSAGE = emptyMessage(Backend.CLOSE_COMPLETE);

/** CloseComplete ('3', backend): no body. */
export function encodeCloseComplete(): Buffer {
  return Buffer.from(MESSAGE);
}
