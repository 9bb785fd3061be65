import { Backend } from '../../types.ts';
import { emptyMessage } from '../../writer.ts';

const MESSAGE = emptyMessage(Backend.BIND_COMPLETE);

/** BindComplete ('2', backend): no body. */
export function encodeBindComplete(): Buffer {
  return Buffer.from(MESSAGE);
}
