import { describe, expect, it } from 'vitest';
import { LastStatements } from './last-statement.ts';

function kept(text: string): string {
  const statements = new LastStatements();
  statements.keep(statements.take(), Buffer.alloc(1023, 0xff), 0, 1023); // a neighbour
  const slot = statements.take();
  const bytes = Buffer.from(`${text}\0`);
  return statements.text(slot, statements.keep(slot, bytes, 0, bytes.length));
}

describe('the last statement', () => {
  it.each(['', 'SELECT 1', 'é'.repeat(39), 'x'.repeat(1023)])('is kept as it was (%#)', (text) => {
    expect(kept(text)).toBe(text);
  });

  it.each([
    ['x'.repeat(2000), 1023],
    ['é'.repeat(600), 1022],
    [`x${'é'.repeat(600)}`, 1023],
    ['€'.repeat(600), 1023],
    [`x${'€'.repeat(600)}`, 1021],
    ['🐘'.repeat(600), 1020],
  ])('is cut at 1023 bytes between two characters (%#)', (text, bytes) => {
    const short = kept(text);
    expect(text.startsWith(short)).toBe(true);
    expect(Buffer.byteLength(short)).toBe(bytes);
  });

  it('ends at a zero byte', () => {
    const statements = new LastStatements();
    const slot = statements.take();
    const parse = Buffer.from('SELECT 2\0\0\0');
    expect(statements.text(slot, statements.keep(slot, parse, 0, parse.length))).toBe('SELECT 2');
  });

  it('gives memory back, and takes no more than there are clients', () => {
    const statements = new LastStatements();
    const slots = Array.from({ length: 1000 }, () => statements.take());
    expect(new Set(slots).size).toBe(1000);
    for (const slot of slots) statements.give(slot);
    const again = Array.from({ length: 1000 }, () => statements.take());
    expect(Math.max(...again)).toBeLessThan(1024);
  });
});
