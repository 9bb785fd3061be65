/** Which translations lag. Run as a program it writes down that they were brought up to date: say so only when it is true. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { root } from './checks.ts';

export const PAIRS: readonly (readonly [english: string, japanese: string])[] = [
  ['README.md', 'README.ja.md'],
  ['docs/console.md', 'docs/ja/console.md'],
];
const BOOK = path.join(root, 'docs/ja/originals.json');

const hashOf = (file: string): string =>
  createHash('sha256')
    .update(fs.readFileSync(path.join(root, file)))
    .digest('hex')
    .slice(0, 16);

/** @returns the translations whose originals changed since */
export function lagging(): string[] {
  const book = JSON.parse(fs.readFileSync(BOOK, 'utf8')) as Record<string, string>;
  return PAIRS.filter(([english]) => book[english] !== hashOf(english)).map(([, japanese]) => japanese);
}

if (process.argv[1] === import.meta.filename) {
  const book = Object.fromEntries(PAIRS.map(([english]) => [english, hashOf(english)]));
  fs.writeFileSync(BOOK, `${JSON.stringify(book, null, 2)}\n`);
}
