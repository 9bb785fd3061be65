import { ProtocolError } from '../../errors.ts';
import { CANCEL_KEY_BYTES_MAX, CANCEL_KEY_BYTES_MIN, STARTUP_BYTES_MAX } from '../../limits.ts';
import { bytesToText } from '../../text.ts';
import { MessageWriter } from '../../writer.ts';

export const PROTOCOL_3_0 = 0x30000;
export const PROTOCOL_3_2 = 0x30002;
export const SSL_REQUEST = 80877103;
export const GSSENC_REQUEST = 80877104;
export const CANCEL_REQUEST = 80877102;

const PROTOCOL_LATEST = PROTOCOL_3_2;

export interface RawStartupParam {
  readonly name: Buffer;
  readonly value: Buffer;
}

export interface StartupMessage {
  readonly kind: 'startup';
  /** As asked for, e.g. 0x30000 or 0x3270f; `negotiatedProtocol` says what is then spoken. */
  readonly protocol: number;
  /** Every name but the `_pq_.` ones; where a name comes twice the last value holds, as in PostgreSQL. */
  readonly params: ReadonlyMap<string, string>;
  /** All name and value pairs in their order and bytes. They alias the packet. */
  readonly rawParams: readonly RawStartupParam[];
  /** The `_pq_.` names, to be listed in NegotiateProtocolVersion. */
  readonly unknownOptions: readonly string[];
  readonly replication: 'off' | 'physical' | 'database';
  readonly user: string;
  /** Defaults to the user. Meaningless for physical replication, where the server takes no database. */
  readonly database: string;
}

export type StartupPacket =
  | StartupMessage
  | { readonly kind: 'cancel'; readonly pid: number; readonly secret: Buffer }
  | { readonly kind: 'ssl' }
  | { readonly kind: 'gssenc' }
  | { readonly kind: 'unsupported'; readonly protocol: number };

/**
 * Whole length in bytes of the startup packet whose first four bytes these are.
 * @throws ProtocolError 08P01 when it could not hold a version or is over PostgreSQL's limit.
 */
export function startupLength(header: Buffer): number {
  if (header.length < 4) throw new ProtocolError('incomplete startup packet');
  const length = header.readUInt32BE(0);
  if (length < 8 || length - 4 > STARTUP_BYTES_MAX) throw new ProtocolError('invalid length of startup packet');
  return length;
}

/**
 * The first packet of a connection: Int32 length (itself included), Int32 version or request code, then for a
 * StartupMessage pairs of CStrings and a zero byte, for a CancelRequest Int32 pid and 4 to 256 bytes of key.
 * @throws ProtocolError as PostgreSQL 18 words it: 08P01 layout, 28000 no user, 22023 bad `replication` value.
 */
export function decodeStartup(packet: Buffer): StartupPacket {
  if (startupLength(packet) !== packet.length) throw new ProtocolError('invalid length of startup packet');
  const protocol = packet.readUInt32BE(4);
  switch (protocol) {
    case SSL_REQUEST:
      return { kind: 'ssl' };
    case GSSENC_REQUEST:
      return { kind: 'gssenc' };
    case CANCEL_REQUEST:
      return decodeCancel(packet);
    default:
      if (protocol >>> 16 !== 3) return { kind: 'unsupported', protocol };
      return decodeStartupMessage(packet, protocol);
  }
}

function decodeCancel(packet: Buffer): StartupPacket {
  const secret = packet.subarray(12);
  if (packet.length < 12) throw new ProtocolError('invalid length of cancel request packet');
  if (secret.length < CANCEL_KEY_BYTES_MIN || secret.length > CANCEL_KEY_BYTES_MAX) {
    throw new ProtocolError('invalid length of cancel key in cancel request packet');
  }
  return { kind: 'cancel', pid: packet.readInt32BE(8), secret };
}

function decodeStartupMessage(packet: Buffer, protocol: number): StartupMessage {
  const rawParams = splitParams(packet);
  const params = new Map<string, string>();
  const unknownOptions: string[] = [];
  let replication: StartupMessage['replication'] = 'off';
  for (const raw of rawParams) {
    const name = bytesToText(raw.name);
    if (name.startsWith('_pq_.')) {
      unknownOptions.push(name);
      continue;
    }
    const value = bytesToText(raw.value);
    params.set(name, value);
    if (name === 'replication') replication = parseReplication(value, replication);
  }
  const user = params.get('user') ?? '';
  if (user === '') throw new ProtocolError('no PostgreSQL user name specified in startup packet', '28000');
  const database = params.get('database') || user;
  return { kind: 'startup', protocol, params, rawParams, unknownOptions, replication, user, database };
}

function splitParams(packet: Buffer): RawStartupParam[] {
  const pairs: RawStartupParam[] = [];
  let at = 8;
  while (at < packet.length && packet.readUInt8(at) !== 0) {
    const nameEnd = packet.indexOf(0, at);
    const valueEnd = nameEnd < 0 ? -1 : packet.indexOf(0, nameEnd + 1);
    if (valueEnd < 0) throw layoutError();
    pairs.push({ name: packet.subarray(at, nameEnd), value: packet.subarray(nameEnd + 1, valueEnd) });
    at = valueEnd + 1;
  }
  if (at !== packet.length - 1) throw layoutError();
  return pairs;
}

function layoutError(): ProtocolError {
  return new ProtocolError('invalid startup packet layout: expected terminator as last byte');
}

/** `database`, or a boolean in any of the spellings and prefixes that PostgreSQL's parse_bool takes. */
function parseReplication(value: string, before: StartupMessage['replication']): StartupMessage['replication'] {
  if (value === 'database') return 'database';
  const on = parseBoolean(value);
  if (on === undefined) {
    throw new ProtocolError(
      `invalid value for parameter "replication": "${value}"`,
      '22023',
      'Valid values are: "false", 0, "true", 1, "database".',
    );
  }
  if (!on) return 'off';
  return before === 'database' ? 'database' : 'physical';
}

function parseBoolean(value: string): boolean | undefined {
  const text = value.toLowerCase();
  if (text === '') return undefined;
  if (text === '1' || 'true'.startsWith(text) || 'yes'.startsWith(text) || text === 'on') return true;
  if (text === '0' || 'false'.startsWith(text) || 'no'.startsWith(text) || text === 'of' || text === 'off')
    return false;
  return undefined;
}

/** The version spoken after a startup that asked for `protocol` 3.x: the older of that and ours. */
export function negotiatedProtocol(protocol: number): number {
  return Math.min(protocol, PROTOCOL_LATEST);
}

/** Whether PostgreSQL 18 answers this startup with NegotiateProtocolVersion before anything else. */
export function needsNegotiation(startup: Pick<StartupMessage, 'protocol' | 'unknownOptions'>): boolean {
  return startup.protocol > PROTOCOL_LATEST || startup.unknownOptions.length > 0;
}

/** Text of the FATAL 0A000 for a version that is not 3.x. */
export function unsupportedProtocolMessage(protocol: number): string {
  return `unsupported frontend protocol ${protocol >>> 16}.${protocol & 0xffff}: server supports 3.0 to 3.2`;
}

export interface StartupFields {
  readonly protocol: number;
  readonly params: Iterable<readonly [string | Buffer, string | Buffer]>;
}

/** @throws ProtocolError 54000 over PostgreSQL's limit, 22021 for a zero byte, 08P01 for an empty name. */
export function encodeStartup({ protocol, params }: StartupFields): Buffer {
  const writer = new MessageWriter(256).begin().int32(protocol);
  for (const [name, value] of params) {
    if (name.length === 0) throw new ProtocolError('a startup parameter has no name');
    writer.cstring(name).cstring(value);
  }
  const packet = writer.byte(0).end().finish();
  if (packet.length - 4 > STARTUP_BYTES_MAX) throw new ProtocolError('startup packet is too large', '54000');
  return packet;
}

export function encodeSslRequest(): Buffer {
  return new MessageWriter(8).begin().int32(SSL_REQUEST).end().finish();
}

export function encodeGssEncRequest(): Buffer {
  return new MessageWriter(8).begin().int32(GSSENC_REQUEST).end().finish();
}

/** CancelRequest: the key as the backend gave it in BackendKeyData, whole. */
export function encodeCancelRequest(pid: number, secret: Buffer): Buffer {
  if (secret.length < CANCEL_KEY_BYTES_MIN || secret.length > CANCEL_KEY_BYTES_MAX) {
    throw new ProtocolError('invalid length of cancel key in cancel request packet');
  }
  return new MessageWriter(16 + secret.length).begin().int32(CANCEL_REQUEST).int32(pid).bytes(secret).end().finish();
}
