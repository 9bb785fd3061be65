import { Backend } from '../../types.ts';
import { type ErrorFields, encodeErrorFields } from './error-fields.ts';

/** NoticeResponse ('N', backend). @see decodeErrorFields for its body. */
export function encodeNoticeResponse(fields: ErrorFields): Buffer {
  return encodeErrorFields(Backend.NOTICE_RESPONSE, fields);
}
