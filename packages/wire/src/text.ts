import { isUtf8 } from 'node:buffer';

/**
 * Text on the wire has whatever encoding the client chose, and before sign-in none at all. These two functions give
 * strings without ever losing a byte: valid UTF-8 becomes the text it is, and each byte that is not part of a valid
 * sequence becomes a lone low surrogate U+DC80..U+DCFF (PEP 383 calls it surrogateescape). So two names that differ
 * in bytes differ as strings, which pool keys and user look-ups rely on, and `textToBytes(bytesToText(b))` is `b`.
 */
export function bytesToText(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let text = '';
  let runStart = 0; // [runStart, at) is valid and not yet in `text`
  let at = 0;
  while (at < bytes.length) {
    const length = validSequenceLength(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    text += bytes.toString('utf8', runStart, at) + String.fromCharCode(0xdc00 | bytes.readUInt8(at));
    at += 1;
    runStart = at;
  }
  return text + bytes.toString('utf8', runStart, at);
}

/** The bytes of a string, undoing what `bytesToText` did to bytes that are not UTF-8. */
export function textToBytes(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text, 'utf8');
  const parts: Buffer[] = [];
  let runStart = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit <= 0xdbff) {
      const next = text.charCodeAt(i + 1);
      if (next >= 0xdc00 && next <= 0xdfff) i++;
      continue;
    }
    if (unit < 0xdc80 || unit > 0xdcff) continue;
    parts.push(Buffer.from(text.slice(runStart, i), 'utf8'), Buffer.of(unit & 0xff));
    runStart = i + 1;
  }
  parts.push(Buffer.from(text.slice(runStart), 'utf8'));
  return Buffer.concat(parts);
}

/** Length of the well-formed UTF-8 sequence that starts at `at` (Unicode table 3-7), or 0. */
function validSequenceLength(bytes: Buffer, at: number): number {
  const lead = bytes.readUInt8(at);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (at + length > bytes.length) return 0;
  const second = bytes.readUInt8(at + 1);
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let i = at + 2; i < at + length; i++) if ((bytes.readUInt8(i) & 0xc0) !== 0x80) return 0;
  return length;
}
