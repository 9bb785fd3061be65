import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { classify } from '../classify/classify.ts';
import type { StatementClass } from '../classify/statement-class.ts';
import { Parser } from '../parse/parser.ts';
import { StatementCache } from './statement-cache.ts';

const rules = { standardConformingStrings: true, encoding: 'UTF8' };
const parser = new Parser({ deadlineMs: 20_000 });
afterAll(() => parser.close());

const word = fc.constantFrom(
  'a',
  'b',
  '"A"',
  '"a b"',
  'U&"d!0061ta" uescape \'!\'',
  'U&"d!0061ta" uescape \'#\'',
  's.a',
);
const literal = fc.constantFrom('1', "'x'", "E'\\''", '$$;$$', "'a''b'", '1.5', 'NULL', "b'1'", '- 3', "'--'", "'/*'");
const blank = fc.constantFrom(' ', '\n', ' /* x */ ', ' -- y\n', '\t');

/** Pieces whose order makes a statement more often than not. */
const expression = fc.letrec((tie) => ({
  leaf: fc.oneof(word, literal, fc.constantFrom('$1', 'current_user', 'f()')),
  any: fc.oneof(
    { depthSize: 'small' },
    tie('leaf'),
    fc
      .tuple(tie('any'), fc.constantFrom('+', '=', '<=', '@@@', '||', '- -'), tie('any'))
      .map((parts) => parts.join(' ')),
    fc.tuple(fc.constantFrom('f', 's.g', 'set_config', 'current_setting'), tie('any')).map(([f, x]) => `${f}(${x})`),
    fc.tuple(tie('any'), fc.array(literal, { minLength: 1, maxLength: 4 })).map(([x, list]) => `${x} in (${list})`),
    fc.tuple(tie('any'), word).map(([x, type]) => `(${x})::${type}`),
    fc.tuple(tie('any'), word).map(([x, table]) => `(select ${x} from ${table})`),
  ),
})).any as fc.Arbitrary<string>;

const statement = fc.oneof(
  fc
    .tuple(expression, word, fc.constantFrom('', ' for update', ' limit 1'))
    .map(([x, t, end]) => `select ${x} from ${t}${end}`),
  fc.tuple(word, expression).map(([t, x]) => `insert into ${t} values (${x})`),
  fc.tuple(word, word, expression).map(([t, c, x]) => `with ${t} as (select ${x}) select * from ${c}`),
  fc.tuple(word, literal).map(([name, value]) => `set ${name} = ${value}`),
  fc
    .tuple(fc.constantFrom('on', 'off', '0', '1', "'off'"), expression)
    .map(([x, y]) => `explain (analyze ${x}) select ${y}`),
  fc.tuple(expression, expression).map(([x, y]) => `select ${x}; delete from a where ${y}`),
);

function told(classes: readonly StatementClass[]): string {
  return JSON.stringify(classes);
}

async function classesOf(sql: string): Promise<readonly StatementClass[] | null> {
  const outcome = await parser.parse(sql);
  return outcome.kind === 'parsed' ? outcome.statements.map(({ tree }) => classify(tree)) : null;
}

describe('the statement cache', () => {
  it('answers with the class that the parser would give, whatever was kept before', async () => {
    const cache = new StatementCache<string>({ seed0: 0x5eed, seed1: 0x7e57, bytesMax: 60_000 });
    let shared = 0;
    const check = async (sql: string): Promise<void> => {
      const text = Buffer.from(sql);
      const classes = await classesOf(sql);
      const kept = cache.lookup(text, 0, text.length, rules);
      if (classes === null) return;
      if (kept !== null) {
        shared++;
        expect(kept, sql).toBe(told(classes));
      } else {
        const scope = classes.some(({ literalMatters }) => literalMatters) ? 'text' : 'statement';
        cache.insert(told(classes), 100, scope);
      }
    };
    await fc.assert(
      fc.asyncProperty(statement, blank, async (sql, gap) => {
        const other = sql.replaceAll(/\b1\b/g, '22').replaceAll("'x'", "'yy'");
        await check(sql);
        await check(/["']/.test(other) ? other : other.replaceAll(' ', gap));
      }),
      { numRuns: 4_000 },
    );
    expect(shared).toBeGreaterThan(500);
    expect(cache.bytes).toBeLessThanOrEqual(60_000);
  });

  it('keeps its books under any order of calls', () => {
    const action = fc.tuple(
      fc.constantFrom<'keep' | 'text' | 'look' | 'forget'>('keep', 'keep', 'text', 'look', 'look', 'forget'),
      fc.nat(40),
      fc.nat(900),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 300 }), (actions) => {
        const cache = new StatementCache<string>({ seed0: 3, seed1: 4, bytesMax: 6_000 });
        for (const [act, i, bytes] of actions) {
          const sql = `select a${i % 10}, ${i}`;
          const text = Buffer.from(sql);
          const kept = cache.lookup(text, 0, text.length, rules);
          if (kept !== null) expect(kept.slice(0, 9)).toBe(sql.slice(0, 9));
          if (act === 'forget' && bytes < 50) cache.invalidate();
          else if (act === 'keep') cache.insert(sql, bytes, 'statement');
          else if (act === 'text' && cache.insert(sql, bytes, 'text')) {
            expect(cache.lookup(text, 0, text.length, rules)).toBe(sql);
          }
          expect(cache.bytes).toBeLessThanOrEqual(6_000);
          expect(cache.bytes > 0).toBe(cache.size > 0);
        }
      }),
      { numRuns: 300 },
    );
  });
});
