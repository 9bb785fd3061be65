import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyFingerprint, Fingerprinter } from '../fingerprint/fingerprint.ts';
import { HOSTILE_SHAPES, hostileStatement, largest, random } from '../testing/hostile-statements.ts';
import { PARSE_LIMITS, type ParseLimits } from './limits.ts';
import { Parser } from './parser.ts';

const SOAK = process.env['PGHERD_SOAK'] === '1';
const HOSTILE_COUNT = SOAK ? 10_000 : 1_000;
const TASK_MS_MAX = 50;
/** Long enough that a busy machine makes no timeout of a parse that would have ended. */
const PATIENT_MS = 20_000;

const ORDINARY =
  "SELECT a.id, count(*) FROM accounts a JOIN orders o ON o.account = a.id WHERE a.state = 'open' GROUP BY 1";

/** The longest task of this thread's event loop while `work` ran, in milliseconds of its own processor time. */
async function longestTask(work: () => Promise<void>): Promise<number> {
  let longest = 0;
  let running = true;
  let before = process.threadCpuUsage();
  const look = (): void => {
    const spent = process.threadCpuUsage(before);
    longest = Math.max(longest, (spent.user + spent.system) / 1000);
    before = process.threadCpuUsage();
    if (running) setImmediate(look);
  };
  setImmediate(look);
  try {
    await work();
  } finally {
    await new Promise((resolve) => setImmediate(resolve));
    running = false;
  }
  return longest;
}

async function ordinaryTree(): Promise<string> {
  const parser = new Parser();
  const outcome = await parser.parse(ORDINARY);
  parser.close();
  return JSON.stringify(outcome);
}

describe('hostile statements', () => {
  it(`${HOSTILE_COUNT} of them leave the parser correct and the event loop free`, { timeout: 1_800_000 }, async () => {
    const expected = await ordinaryTree();
    const parser = new Parser({ deadlineMs: PATIENT_MS });
    await parser.load();
    const next = random(20_260_101);
    const counts: Record<string, number> = {};
    const begin = performance.now();
    const longest = await longestTask(async () => {
      for (let i = 0; i < HOSTILE_COUNT; i++) {
        const { kind } = await parser.parse(hostileStatement(next));
        counts[kind] = (counts[kind] ?? 0) + 1;
        if (i % 100 === 99) expect(JSON.stringify(await parser.parse(ORDINARY))).toBe(expected);
      }
    });
    const seconds = (performance.now() - begin) / 1000;
    expect(JSON.stringify(parser.parseNow(ORDINARY))).toBe(expected);
    expect(longest).toBeLessThan(TASK_MS_MAX);
    expect(counts['parser-lost'] ?? 0).toBe(0);
    if (SOAK) {
      process.stdout.write(
        `${HOSTILE_COUNT} hostile statements in ${seconds.toFixed(1)} s: ${JSON.stringify(counts)}, longest task ` +
          `${longest.toFixed(1)} ms, ${parser.instances} instance(s), ${parser.threads} thread(s)\n`,
      );
    }
    parser.close();
  });

  it('just under the caps, and just under those of the caller’s own stack, are parsed and poison nothing', async () => {
    const measurer = new Fingerprinter(0, 0);
    const measured = emptyFingerprint();
    const under =
      (caps: ParseLimits['here']) =>
      (sql: string): boolean => {
        const text = Buffer.from(sql);
        if (text.length > caps.textBytesMax) return false;
        measurer.read(text, 0, text.length, true, measured);
        return (
          measured.tokens <= caps.tokensMax &&
          measured.nesting <= caps.nestingMax &&
          measured.blockComments <= caps.blockCommentsMax
        );
      };
    const expected = await ordinaryTree();
    const parser = new Parser({ deadlineMs: PATIENT_MS });
    await parser.load();
    const texts = Object.entries(HOSTILE_SHAPES).flatMap(([name, shape]) =>
      [PARSE_LIMITS, PARSE_LIMITS.here].map((caps) => ({ name, sql: shape(largest(shape, under(caps))) })),
    );
    const repeats = SOAK ? 20 : 1;
    const longest = await longestTask(async () => {
      for (const { name, sql } of texts) {
        for (let i = 0; i < repeats; i++) {
          const { kind } = await parser.parse(sql);
          expect(['parsed', 'syntax-error'], `${name}, ${sql.length} characters: ${kind}`).toContain(kind);
        }
        expect(JSON.stringify(await parser.parse(ORDINARY))).toBe(expected);
      }
    });
    expect(longest).toBeLessThan(TASK_MS_MAX);
    expect(parser.instances).toBe(1);
    expect(parser.threads).toBe(1);
    if (SOAK) process.stdout.write(`${texts.length * repeats} at the caps: longest task ${longest.toFixed(1)} ms\n`);
    parser.close();
  }, 600_000);
});

describe('random text', () => {
  it('never makes the parser reject or stay silent', async () => {
    const parser = new Parser({ deadlineMs: PATIENT_MS });
    const piece = fc.constantFrom(
      ..."select|from|where|(|)|,|;|'|\"|$$|$1|E'|--|/*|*/|\n|a|1|+|-|\0|\ud800|é".split('|'),
      ' ',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.array(piece, { maxLength: 60 }).map((parts) => parts.join('')),
    );
    await fc.assert(
      fc.asyncProperty(text, async (sql) => {
        expect(['parsed', 'syntax-error']).toContain((await parser.parse(sql)).kind);
      }),
      { numRuns: 2_000 },
    );
    expect(parser.instances).toBe(1);
    parser.close();
  });
});
