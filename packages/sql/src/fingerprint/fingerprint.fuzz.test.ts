import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { scan } from 'libpg-query';
import { describe, expect, it } from 'vitest';
import { emptyFingerprint, type Fingerprint, Fingerprinter } from './fingerprint.ts';

const fingerprinter = new Fingerprinter(0x5eed, 0x7e57);

function read(text: Uint8Array, conforming = true): Fingerprint {
  const result = emptyFingerprint();
  fingerprinter.read(text, 0, text.length, conforming, result);
  return result;
}

function key(sql: string): string {
  const { high, low, strippedLength } = read(Buffer.from(sql));
  return `${high}/${low}/${strippedLength}`;
}

const integer = fc.integer({ min: 0, max: 1e9 }).map(String);
const decimal = fc.tuple(integer, integer).map(([whole, part]) => `${whole}.${part}`);
const inner = fc.string({ unit: fc.constantFrom('a', ' ', '/*', '--', ';', '(', '$$', '"', '\n', 'é') });
const plain = inner.map((text) => `'${text}'`);
const doubled = inner.map((text) => `'${text}''${text}'`);
const escaped = inner.map((text) => `E'${text}\\'${text}'`);
const dollars = inner.map((text) => `$q$${text.replaceAll('$', '')}$q$`);
const numberLiteral = fc.oneof(integer, decimal);
const stringLiteral = fc.oneof(plain, doubled, escaped, dollars);
const literal = fc.oneof(numberLiteral, stringLiteral);
const list = fc.array(literal, { minLength: 1, maxLength: 8 }).map((items) => items.join(', '));
const blank = fc.oneof(
  fc.constantFrom(' ', '\n', '\t\r\n ', '/* c */', '/* a /* b */ ; */', '-- c\n', "/*'*/"),
  fc.constant(' \f '),
);
const blanks = fc.array(blank, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''));
const name = fc.stringMatching(/^[a-z][a-z0-9_]{3,11}$/);

describe('the fingerprint of anything', () => {
  it('takes random bytes in either string mode, within its bounds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, conforming) => {
        const result = read(bytes, conforming);
        expect(result.strippedLength).toBeLessThanOrEqual(bytes.length * 2 + 2);
        expect(result.nesting).toBeLessThanOrEqual(bytes.length);
        expect(result.tokens).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 3_000 },
    );
  });

  it('takes random syntax, and the same text twice as the same', () => {
    const pieces = [
      "'",
      '"',
      '$',
      '$$',
      '$a$',
      '/*',
      '*/',
      '--',
      '\n',
      '(',
      ')',
      ',',
      '1',
      'a',
      "E'",
      "U&'",
      'x',
      'in',
      '\\',
    ];
    const text = fc.array(fc.constantFrom(...pieces, 'values', ';', '[', ']', '+', '-', '.', ' '), { maxLength: 60 });
    fc.assert(
      fc.property(text, (parts) => {
        expect(key(parts.join(''))).toBe(key(parts.join('')));
      }),
      { numRuns: 5_000 },
    );
  });

  it('takes no more than linear time over texts made to be slow', () => {
    for (const piece of [
      '$a',
      '$a$',
      "'\n",
      "'--",
      '/*',
      '(',
      '(/**/',
      'in(1,',
      'values(1),(',
      "E'\\",
      '$$ ',
      '..',
      '"',
    ]) {
      const text = Buffer.from(piece.repeat(Math.floor(250_000 / piece.length)));
      // The thread's own time: a busy machine must not fail it.
      const before = process.threadCpuUsage();
      read(text);
      const used = process.threadCpuUsage(before);
      expect((used.user + used.system) / 1000, piece).toBeLessThan(200);
    }
  });
});

describe('the fingerprint of a statement', () => {
  it('is the same when its literals change', () => {
    const build = (n: string, s: string, items: string, row: string) =>
      `select a, ${n} from t where b = ${s} and c in (${items}) union values (${row}), (${row}) limit ${n}`;
    fc.assert(
      fc.property(
        fc.tuple(numberLiteral, stringLiteral, list, list),
        fc.tuple(numberLiteral, stringLiteral, list, list),
        (one, other) => {
          expect(key(build(...one))).toBe(key(build(...other)));
        },
      ),
    );
  });

  it('is another when an identifier changes', () => {
    fc.assert(
      fc.property(name, name, literal, (one, other, value) => {
        fc.pre(one !== other);
        expect(key(`select ${value} from ${one}`)).not.toBe(key(`select ${value} from ${other}`));
        expect(key(`select ${value} from "${one}"`)).not.toBe(key(`select ${value} from "${other}"`));
        expect(key(`select ${one}()`)).not.toBe(key(`select ${other}()`));
      }),
    );
  });

  it('does not care for blanks, comments and case', () => {
    const tokens = [
      'SELECT',
      'a',
      ',',
      "'x'",
      'FROM',
      't',
      'WHERE',
      'b',
      '<>',
      '(',
      '1',
      ')',
      'AND',
      'c',
      '=',
      '$1',
      ';',
    ];
    const plainly = key(tokens.join(' '));
    const between = fc.array(blanks, { minLength: tokens.length + 1, maxLength: tokens.length + 1 });
    fc.assert(
      fc.property(between, fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }), (gaps, folded) => {
        const text = tokens.map((token, i) => `${gaps[i]}${folded[i] ? token.toLowerCase() : token}`).join('');
        expect(key(text + gaps.at(-1))).toBe(plainly);
      }),
    );
  });

  it('counts no fewer tokens than PostgreSQL’s scanner', async () => {
    // A line comment between two parts of one literal is PostgreSQL's, but not libpg_query's: there is none here.
    const gap = blanks.filter((text) => !text.includes('--'));
    const piece = fc.oneof(
      fc.constantFrom(
        'a',
        'select',
        '(',
        ')',
        ',',
        '+',
        '-',
        '->',
        '++-',
        '::',
        ':=',
        '@-',
        '[',
        '.',
        '"q"',
        '$1',
        ';',
        '<>',
      ),
      fc.constantFrom("U&'x'", "b'1'", '=>', '1.5', '..', '!', '%', '*', "'a'\n'b'", '/**/', '-- x\na'),
      literal,
      gap,
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { minLength: 1, maxLength: 30 }),
        fc.constantFrom('', ' '),
        async (parts, glue) => {
          const sql = parts.join(glue);
          // A minus beside a minus is a line comment too.
          fc.pre(!/'\s*--/.test(sql));
          let theirs: number;
          try {
            const { tokens } = await scan(sql);
            theirs = tokens.filter((token) => !token.tokenName.endsWith('COMMENT')).length;
          } catch {
            return;
          }
          const ours = read(Buffer.from(sql));
          expect(ours.tokens + 2 * ours.listItems).toBeGreaterThanOrEqual(theirs);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
