import { BodyReader } from '../../reader.ts';
import { Frontend } from '../../types.ts';
import { MessageWriter } from '../../writer.ts';

/**
 * PasswordMessage ('p', frontend): CString, the password in clear text or the md5 answer. Given as bytes, because a
 * password has whatever encoding the client uses. Aliases `body`. @throws ProtocolError 08P01.
 */
export function decodePasswordMessage(body: Buffer): Buffer {
  const reader = new BodyReader(body);
  const password = reader.cstringBytes();
  reader.end();
  return password;
}

export function encodePasswordMessage(password: string | Buffer): Buffer {
  return new MessageWriter().begin(Frontend.PASSWORD).cstring(password).end().finish();
}
