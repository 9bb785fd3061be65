import { textToBytes } from '../../text.ts';
import { Backend } from '../../types.ts';
import { type ErrorFields, encodeErrorFields } from './error-fields.ts';

/** ErrorResponse ('E', backend). @see decodeErrorFields for its body. */
export function encodeErrorResponse(fields: ErrorFields): Buffer {
  return encodeErrorFields(Backend.ERROR_RESPONSE, fields);
}

/**
 * The error a client of protocol 2 understands, and the only thing PostgreSQL 14 and later still say to one:
 * 'E', then `SEVERITY:  text`, newline and a zero byte, without a length word.
 */
export function encodeErrorResponseV2(fields: Pick<ErrorFields, 'severity' | 'message'>): Buffer {
  return textToBytes(`E${`${fields.severity}:  ${fields.message}`.replaceAll('\0', '')}\n\0`);
}
