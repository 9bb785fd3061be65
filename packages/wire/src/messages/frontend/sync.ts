import { Frontend } from '../../types.ts';
import { emptyMessage } from '../../writer.ts';

const MESSAGE = emptyMessage(Frontend.SYNC);

/** Sync ('S', frontend) ends an extended-query batch and any skipping after an error: no body. */
export function encodeSync(): Buffer {
  return Buffer.from(MESSAGE);
}
