/** An IP address as its 4 or 16 bytes. IPv6 addresses that carry an IPv4 one (`::ffff:a.b.c.d`) become the IPv4 one. */
export type AddressBytes = readonly number[];

/** @returns null for anything that is not a numeric address. */
export function parseAddress(text: string): AddressBytes | null {
  if (text.length > 64) return null;
  const zone = text.indexOf('%');
  const bytes = text.includes(':') ? parseV6(zone === -1 ? text : text.slice(0, zone)) : parseV4(text);
  return bytes === null ? null : unmap(bytes);
}

export interface Network {
  readonly address: AddressBytes;
  readonly mask: AddressBytes;
}

/** `10.0.0.0/8`, `::1/128`, `0/0`.
 *  @returns a sentence when the text has the form of a network but is not one; null when it has another form. */
export function parseCidr(text: string): Network | string | null {
  const slash = text.indexOf('/');
  if (slash === -1) return null;
  const written = rawAddress(text.slice(0, slash));
  if (written === null) return 'is not an IP address with a prefix length';
  const prefix = /^[0-9]{1,3}$/.test(text.slice(slash + 1)) ? Number(text.slice(slash + 1)) : Number.NaN;
  if (!(prefix <= written.length * 8)) return `has a prefix length that is not from 0 to ${written.length * 8}`;
  return toNetwork(written, maskOf(prefix, written.length));
}

/** The old form with the mask as a field of its own. */
export function parseAddressAndMask(address: string, mask: string): Network | string {
  const written = rawAddress(address);
  const bits = rawAddress(mask);
  if (written === null || bits === null) return 'is not an IP address and a mask';
  if (written.length !== bits.length) return 'is an IP address and a mask of different kinds';
  return toNetwork(written, bits);
}

export function inNetwork(address: AddressBytes, network: Network): boolean {
  if (address.length !== network.address.length) return false;
  return address.every((byte, i) => ((byte ^ (network.address[i] ?? 0)) & (network.mask[i] ?? 0)) === 0);
}

export function sameAddress(a: AddressBytes, b: AddressBytes): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

const V4_MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff] as const;

const isMapped = (bytes: AddressBytes): boolean => bytes.length === 16 && V4_MAPPED.every((b, i) => bytes[i] === b);

const unmap = (bytes: AddressBytes): AddressBytes => (isMapped(bytes) ? bytes.slice(12) : bytes);

function toNetwork(address: AddressBytes, mask: AddressBytes): Network {
  if (isMapped(address) && mask.slice(0, 12).every((b) => b === 255)) {
    return { address: address.slice(12), mask: mask.slice(12) };
  }
  return { address, mask };
}

const rawAddress = (text: string): AddressBytes | null => {
  if (text.length > 64) return null;
  return text.includes(':') ? parseV6(text) : parseV4(text);
};

function maskOf(prefix: number, length: number): AddressBytes {
  return Array.from({ length }, (_, i) => (0xff00 >> Math.min(8, Math.max(0, prefix - i * 8))) & 0xff);
}

/** Up to four decimal parts; the last one fills the bytes that are left, so that `0` and `127.1` are addresses too. */
function parseV4(text: string): AddressBytes | null {
  const parts = text.split('.');
  if (parts.length > 4 || !parts.every((p) => /^(?:0|[1-9][0-9]{0,9})$/.test(p))) return null;
  const numbers = parts.map(Number);
  const last = numbers.pop() ?? 0;
  const room = 4 - numbers.length;
  if (numbers.some((n) => n > 255) || last >= 256 ** room) return null;
  const tail = Array.from({ length: room }, (_, i) => Math.floor(last / 256 ** (room - 1 - i)) % 256);
  return [...numbers, ...tail];
}

function parseV6(text: string): AddressBytes | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = readGroups(halves[0] ?? '', halves.length === 1);
  const tail = readGroups(halves[1] ?? '', true);
  if (head === null || tail === null) return null;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 1) return missing === 0 ? head : null;
  return missing < 2 ? null : [...head, ...new Array<number>(missing).fill(0), ...tail];
}

function readGroups(text: string, mayEndInV4: boolean): number[] | null {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [i, group] of groups.entries()) {
    if (group.includes('.')) {
      const v4 = group.split('.').length === 4 ? parseV4(group) : null;
      if (v4 === null || !mayEndInV4 || i !== groups.length - 1) return null;
      bytes.push(...v4);
    } else if (/^[0-9A-Fa-f]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    } else return null;
  }
  return bytes.length > 16 ? null : bytes;
}
