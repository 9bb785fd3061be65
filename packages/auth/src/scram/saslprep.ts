import { textToBytes } from '@pgherd/wire';
import {
  inTable,
  LEFT_TO_RIGHT,
  MAPPED_TO_NOTHING,
  PROHIBITED,
  RIGHT_TO_LEFT,
  SPACES,
  UNASSIGNED,
} from './saslprep-tables.ts';

/**
 * The bytes of a password that SCRAM hashes: RFC 4013 SASLprep, and where that refuses the password (not UTF-8, a
 * prohibited or unassigned character, mixed direction) its bytes as they are. PostgreSQL does the same on both sides.
 */
export function preparePassword(password: string): Buffer {
  const raw = textToBytes(password);
  if (/^[\x00-\x7f]*$/.test(password)) return raw;
  if (!password.isWellFormed()) return raw; // bytes that are not UTF-8, kept as lone surrogates
  const prepared = saslprep(password);
  return prepared === null ? raw : Buffer.from(prepared, 'utf8');
}

/** @returns null where RFC 4013 refuses the text. */
export function saslprep(text: string): string | null {
  const mapped: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    if (inTable(SPACES, code)) mapped.push(0x20);
    else if (!inTable(MAPPED_TO_NOTHING, code)) mapped.push(code);
  }
  // PostgreSQL checks the text as it is after mapping and before normalization, and so do we.
  if (mapped.length === 0 || mapped.some((code) => inTable(PROHIBITED, code) || inTable(UNASSIGNED, code))) return null;
  if (!isOneDirection(mapped)) return null;
  // In pieces: a spread of a very long password would overflow the stack.
  let joined = '';
  for (const code of mapped) joined += String.fromCodePoint(code);
  return joined.normalize('NFKC');
}

/** RFC 3454 section 6: right-to-left text has no left-to-right character and begins and ends right-to-left. */
function isOneDirection(codes: readonly number[]): boolean {
  if (!codes.some((code) => inTable(RIGHT_TO_LEFT, code))) return true;
  if (codes.some((code) => inTable(LEFT_TO_RIGHT, code))) return false;
  return inTable(RIGHT_TO_LEFT, codes.at(0) as number) && inTable(RIGHT_TO_LEFT, codes.at(-1) as number);
}
