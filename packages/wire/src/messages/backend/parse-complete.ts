import { Backend } from '../../types.ts';
import { emptyMessage } from '../../writer.ts';

const MESSAGE = emptyMessage(Backend.PARSE_COMPLETE);

/** ParseComplete ('1', backend): no body. */
export function encodeParseComplete(): Buffer {
  return Buffer.from(MESSAGE);
}
