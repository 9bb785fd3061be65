import { Frontend } from '../../types.ts';
import { emptyMessage } from '../../writer.ts';

const MESSAGE = emptyMessage(Frontend.FLUSH);

/** Flush ('H', frontend) asks for what is ready so far, without ending the batch: no body. */
export function encodeFlush(): Buffer {
  return Buffer.from(MESSAGE);
}
