import { BodyReader } from '../../reader.ts';
import { Backend } from '../../types.ts';
import { MessageWriter } from '../../writer.ts';

export interface CopyResponse {
  /** 0 text, 1 binary. */
  readonly format: number;
  readonly columnFormats: readonly number[];
}

const TYPES = {
  in: Backend.COPY_IN_RESPONSE,
  out: Backend.COPY_OUT_RESPONSE,
  both: Backend.COPY_BOTH_RESPONSE,
} as const;

/**
 * CopyInResponse ('G'), CopyOutResponse ('H') and CopyBothResponse ('W', replication), all from the backend and of one
 * form: Int8 overall format, Int16 n, n column formats. @throws ProtocolError 08P01.
 */
export function decodeCopyResponse(body: Buffer): CopyResponse {
  const reader = new BodyReader(body);
  const format = reader.byte();
  const columnFormats: number[] = [];
  for (let left = reader.count16(); left > 0; left--) columnFormats.push(reader.int16());
  reader.end();
  return { format, columnFormats };
}

export function encodeCopyResponse(direction: keyof typeof TYPES, { format, columnFormats }: CopyResponse): Buffer {
  const writer = new MessageWriter().begin(TYPES[direction]).byte(format).int16(columnFormats.length);
  for (const column of columnFormats) writer.int16(column);
  return writer.end().finish();
}
