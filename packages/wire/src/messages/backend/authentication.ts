import { ProtocolError } from '../../errors.ts';
import { BodyReader } from '../../reader.ts';
import { AuthenticationCode, Backend } from '../../types.ts';
import { MessageWriter } from '../../writer.ts';

export type Authentication =
  | { readonly kind: 'ok' }
  | { readonly kind: 'cleartext' }
  | { readonly kind: 'md5'; readonly salt: Buffer }
  | { readonly kind: 'sasl'; readonly mechanisms: readonly string[] }
  | { readonly kind: 'sasl-continue'; readonly data: Buffer }
  | { readonly kind: 'sasl-final'; readonly data: Buffer }
  | { readonly kind: 'unsupported'; readonly code: number };

/**
 * Authentication ('R', backend): Int32 kind, then nothing (ok, cleartext), 4 bytes of salt (md5), CStrings up to an
 * empty one (sasl) or the mechanism's own bytes (sasl-continue, sasl-final). Views alias `body`.
 * @throws ProtocolError 08P01.
 */
export function decodeAuthentication(body: Buffer): Authentication {
  const reader = new BodyReader(body);
  const code = reader.int32();
  const decoded = decodeKind(code, reader);
  if (decoded.kind !== 'unsupported') reader.end();
  return decoded;
}

function decodeKind(code: number, reader: BodyReader): Authentication {
  switch (code) {
    case AuthenticationCode.OK:
      return { kind: 'ok' };
    case AuthenticationCode.CLEARTEXT:
      return { kind: 'cleartext' };
    case AuthenticationCode.MD5:
      return { kind: 'md5', salt: reader.bytes(4) };
    case AuthenticationCode.SASL:
      return { kind: 'sasl', mechanisms: readMechanisms(reader) };
    case AuthenticationCode.SASL_CONTINUE:
      return { kind: 'sasl-continue', data: reader.rest() };
    case AuthenticationCode.SASL_FINAL:
      return { kind: 'sasl-final', data: reader.rest() };
    default:
      return { kind: 'unsupported', code };
  }
}

function readMechanisms(reader: BodyReader): string[] {
  const mechanisms: string[] = [];
  for (;;) {
    const name = reader.cstring();
    if (name === '') return mechanisms;
    mechanisms.push(name);
  }
}

const OK = new MessageWriter(9).begin(Backend.AUTHENTICATION).int32(AuthenticationCode.OK).end().finish();
const CLEARTEXT = new MessageWriter(9).begin(Backend.AUTHENTICATION).int32(AuthenticationCode.CLEARTEXT).end().finish();

export function encodeAuthenticationOk(): Buffer {
  return Buffer.from(OK);
}

export function encodeAuthenticationCleartext(): Buffer {
  return Buffer.from(CLEARTEXT);
}

export function encodeAuthenticationMd5(salt: Buffer): Buffer {
  if (salt.length !== 4) throw new ProtocolError('an md5 salt has 4 bytes');
  return new MessageWriter(13).begin(Backend.AUTHENTICATION).int32(AuthenticationCode.MD5).bytes(salt).end().finish();
}

export function encodeAuthenticationSasl(mechanisms: readonly string[]): Buffer {
  const writer = new MessageWriter().begin(Backend.AUTHENTICATION).int32(AuthenticationCode.SASL);
  for (const name of mechanisms) writer.cstring(name);
  return writer.byte(0).end().finish();
}

export function encodeAuthenticationSaslContinue(data: Buffer): Buffer {
  return withData(AuthenticationCode.SASL_CONTINUE, data);
}

export function encodeAuthenticationSaslFinal(data: Buffer): Buffer {
  return withData(AuthenticationCode.SASL_FINAL, data);
}

function withData(code: number, data: Buffer): Buffer {
  return new MessageWriter().begin(Backend.AUTHENTICATION).int32(code).bytes(data).end().finish();
}
