import { ProtocolError } from '../../errors.ts';
import { BodyReader } from '../../reader.ts';
import { Backend } from '../../types.ts';
import { MessageWriter } from '../../writer.ts';

export interface NegotiateProtocolVersion {
  /**
   * The version the backend will speak. PostgreSQL sends it whole (0x30002); the manual once said "minor version",
   * and some servers send that alone, which decoding turns into the whole.
   */
  readonly version: number;
  readonly unknownOptions: readonly string[];
}

/**
 * NegotiateProtocolVersion ('v', backend): Int32 version, Int32 n, n CStrings naming options it does not know.
 * @throws ProtocolError 08P01.
 */
export function decodeNegotiateProtocolVersion(body: Buffer): NegotiateProtocolVersion {
  const reader = new BodyReader(body);
  const sent = reader.uint32();
  const count = reader.int32();
  // Each name takes a byte at least: a count above that is a lie, found before looping over it.
  if (count < 0 || count > reader.remaining) throw new ProtocolError('invalid count in NegotiateProtocolVersion');
  const unknownOptions: string[] = [];
  for (let i = 0; i < count; i++) unknownOptions.push(reader.cstring());
  reader.end();
  return { version: sent < 0x10000 ? 0x30000 + sent : sent, unknownOptions };
}

/** `version` is the whole number that will be spoken, e.g. 0x30002, as PostgreSQL 18 sends it. */
export function encodeNegotiateProtocolVersion(version: number, unknownOptions: readonly string[]): Buffer {
  const writer = new MessageWriter().begin(Backend.NEGOTIATE_PROTOCOL_VERSION).int32(version);
  writer.int32(unknownOptions.length);
  for (const name of unknownOptions) writer.cstring(name);
  return writer.end().finish();
}
