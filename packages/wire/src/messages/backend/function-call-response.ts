import { BodyReader } from '../../reader.ts';
import { Backend } from '../../types.ts';
import { MessageWriter } from '../../writer.ts';

/** FunctionCallResponse ('V', backend): Int32 length or -1, bytes. Aliases `body`. @throws ProtocolError 08P01. */
export function decodeFunctionCallResponse(body: Buffer): Buffer | null {
  const reader = new BodyReader(body);
  const value = reader.value();
  reader.end();
  return value;
}

export function encodeFunctionCallResponse(value: Buffer | null): Buffer {
  return new MessageWriter().begin(Backend.FUNCTION_CALL_RESPONSE).value(value).end().finish();
}
