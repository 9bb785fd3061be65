import { Backend } from '../../types.ts';
import { emptyMessage } from '../../writer.ts';

const MESSAGE = emptyMessage(Backend.NO_DATA);

/** NoData ('n', backend) answers Describe for what returns no rows: no body. */
export function encodeNoData(): Buffer {
  return Buffer.from(MESSAGE);
}
