import { Backend } from '../../types.ts';
import { emptyMessage } from '../../writer.ts';

const MESSAGE = emptyMessage(Backend.EMPTY_QUERY_RESPONSE);

/** EmptyQueryResponse ('I', backend) stands for CommandComplete when there was no statement: no body. */
export function encodeEmptyQueryResponse(): Buffer {
  return Buffer.from(MESSAGE);
}
