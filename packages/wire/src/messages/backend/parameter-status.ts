import { BodyReader } from '../../reader.ts';
import { Backend } from '../../types.ts';
import { MessageWriter } from '../../writer.ts';

export interface ParameterStatus {
  readonly name: string;
  readonly value: string;
}

/** ParameterStatus ('S', backend): CString name, CString value. @throws ProtocolError 08P01. */
export function decodeParameterStatus(body: Buffer): ParameterStatus {
  const reader = new BodyReader(body);
  const status = { name: reader.cstring(), value: reader.cstring() };
  reader.end();
  return status;
}

export function encodeParameterStatus(name: string, value: string): Buffer {
  return new MessageWriter().begin(Backend.PARAMETER_STATUS).cstring(name).cstring(value).end().finish();
}
