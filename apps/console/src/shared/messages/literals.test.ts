/** No text reaches a reader past the messages: neither between tags nor in the attributes that are read out. */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const source = fileURLToPath(new URL('../../', import.meta.url));

/** Names and keys that are the same in every language. */
const ALLOWED = new Set([
  'pgpool.conf',
  'pool_hba.conf',
  'pool_passwd',
  'pcp.conf',
  'pgherd',
  'PostgreSQL',
  'Pgpool-II',
  'esc',
  '⌘K',
  'g',
  'curl',
]);
/** Pages that only developers see. */
const SKIPPED = /(^|\/)(gallery|generated)\//;

function literalsOf(code: string): string[] {
  const bare = code.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
  const found: string[] = [];
  // Text between a tag's end and the next tag or brace, on lines of JSX.
  for (const match of bare.matchAll(/(?:<\/?[A-Za-z][\w.]*(?:\s[^<>]*?)?>|\/>)([^<>{}]+?)(?=<\/?[A-Za-z]|\{)/g)) {
    found.push(match[1] ?? '');
  }
  for (const match of bare.matchAll(/\s(?:aria-label|title|placeholder|alt|aria-description)="([^"]*)"/g)) {
    found.push(match[1] ?? '');
  }
  return found
    .map((text) => text.trim())
    .filter((text) => /\p{L}/u.test(text) && !ALLOWED.has(text) && !looksLikeCode(text));
}

/** What the pattern catches between two generic types or arrows is code, not text. */
const looksLikeCode = (text: string): boolean => /[;=()[\]|&]|^(?:,|\.|:|\?)/.test(text);

function files(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.tsx') && !file.includes('.test.') && !SKIPPED.test(file))
    .map((file) => path.join(folder, file));
}

describe('texts of the console', () => {
  it('finds literals where there are some', () => {
    expect(literalsOf('return <p className="x">Hello there</p>;')).toEqual(['Hello there']);
    expect(literalsOf('<button aria-label="Close it" />')).toEqual(['Close it']);
    expect(literalsOf('<b>{t("x")}</b>, useState<Row | null>(null); const a: Map<string, number> = b;')).toEqual([]);
  });

  it('all come from the messages', () => {
    const all = ['client', 'app'].flatMap((folder) => files(path.join(source, folder)));
    expect(all.length).toBeGreaterThan(40);
    const found = all.flatMap((file) =>
      literalsOf(fs.readFileSync(file, 'utf8')).map((text) => `${path.relative(source, file)}: ${text}`),
    );
    expect(found).toEqual([]);
  });
});
