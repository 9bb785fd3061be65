import { Frontend } from '../../types.ts';
import { emptyMessage } from '../../writer.ts';

const MESSAGE = emptyMessage(Frontend.TERMINATE);

/** Terminate ('X', frontend): no body. */
export function encodeTerminate(): Buffer {
  return Buffer.from(MESSAGE);
}
