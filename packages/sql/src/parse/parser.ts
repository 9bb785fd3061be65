import { Buffer } from 'node:buffer';
import { emptyFingerprint, Fingerprinter } from '../fingerprint/fingerprint.ts';
import type { InstanceOutcome, ParserInstance } from './instance.ts';
import { DEADLINE_MS, PARSE_LIMITS, type ParseLimits, TURN_BUDGET_MS } from './limits.ts';
import type { ParseCap, ParseOutcome } from './outcome.ts';
import { ParserThread, type ThreadOutcome } from './parser-thread.ts';
import { statementsOf } from './statements.ts';

export interface ParserOptions {
  readonly limits?: ParseLimits;
  readonly deadlineMs?: number;
}

type Place = 'here' | 'thread';

/** PostgreSQL's own parser, for texts from anybody.
 *
 *  A text is measured before it is parsed. Short and flat ones are parsed in the caller's turn, others in a thread; over a cap, not
 *  at all. An instance that threw is dropped and the next one built in a later turn. Nothing is loaded before the first parse. */
export class Parser {
  readonly #limits: ParseLimits;
  readonly #thread: ParserThread;
  readonly #measurer = new Fingerprinter(0, 0);
  readonly #measured = emptyFingerprint();
  #scratch = Buffer.alloc(0);
  #textBytes = 0;

  #instance: ParserInstance | null = null;
  #loading: Promise<void> | null = null;
  #closed = false;

  #spentInTurnMs = 0;
  #turnEnd: Promise<void> | null = null;

  /** Instances built so far in this thread. */
  instances = 0;

  constructor(options: ParserOptions = {}) {
    this.#limits = options.limits ?? PARSE_LIMITS;
    this.#thread = new ParserThread(options.deadlineMs ?? DEADLINE_MS);
  }

  /** Threads started so far. */
  get threads(): number {
    return this.#thread.started;
  }

  /** Parses in this turn, or says with null that it cannot: nothing is loaded yet, or the text is one for the thread. */
  parseNow(sql: string): ParseOutcome | null {
    const place = this.#placeFor(sql);
    if (typeof place !== 'string') return place;
    if (place === 'thread' || this.#instance === null) return null;
    return this.#parseHere(this.#instance, sql);
  }

  /** Parses, after loading if need be. Never rejects. Callers that parse in a loop share the event loop with others. */
  async parse(sql: string): Promise<ParseOutcome> {
    await this.#turn();
    const begin = performance.now();
    const place = this.#placeFor(sql);
    this.#spend(performance.now() - begin);
    if (typeof place !== 'string') return place;
    if (place === 'thread') return this.#parseInThread(sql, this.#textBytes);
    return this.#parseWhenLoaded(sql);
  }

  /** Loads ahead of the first statement. */
  async load(): Promise<void> {
    while (this.#instance === null && !this.#closed) {
      this.#loading ??= this.#build();
      await this.#loading;
    }
  }

  /** Ends the thread and lets go of the instance. Whoever waits, and whoever asks later, gets 'timeout'. */
  close(): void {
    this.#closed = true;
    this.#instance = null;
    this.#thread.close();
  }

  async #parseWhenLoaded(sql: string): Promise<ParseOutcome> {
    try {
      await this.load();
    } catch {
      return { kind: 'parser-lost' };
    }
    await this.#turn();
    // Another's text may have broken the instance meanwhile.
    if (this.#instance === null) return this.#closed ? { kind: 'timeout' } : this.#parseWhenLoaded(sql);
    const begin = performance.now();
    const outcome = this.#parseHere(this.#instance, sql);
    this.#spend(performance.now() - begin);
    return outcome;
  }

  #parseHere(instance: ParserInstance, sql: string): ParseOutcome {
    const outcome = instance.parse(sql);
    const result = outcome.kind === 'tree' ? parsed(outcome.json, Buffer.byteLength(sql), false) : outcomeOf(outcome);
    if (instance.spent || result.kind === 'parser-lost') {
      if (this.#instance === instance) this.#instance = null;
      // A failure shows at the next parse, which tries again.
      this.load().catch(() => {});
    }
    return result;
  }

  async #parseInThread(sql: string, textBytes: number): Promise<ParseOutcome> {
    const outcome = await this.#thread.parse(sql);
    if (outcome.kind !== 'tree') return outcomeOf(outcome);
    await this.#turn();
    const begin = performance.now();
    const result = parsed(outcome.json, textBytes, outcome.listsShortened);
    this.#spend(performance.now() - begin);
    return result;
  }

  /** Builds an instance in a turn of its own. */
  async #build(): Promise<void> {
    try {
      await new Promise<void>((resolve) => setImmediate(resolve));
      const { ParserInstance } = await import('./instance.ts');
      const instance = await ParserInstance.create();
      this.instances++;
      if (!this.#closed) this.#instance = instance;
    } finally {
      this.#loading = null;
    }
  }

  /** Where to parse, or the answer without parsing. */
  #placeFor(sql: string): Place | ParseOutcome {
    if (this.#closed) return { kind: 'timeout' };
    const { textBytesMax, tokensMax, nestingMax, blockCommentsMax, here } = this.#limits;
    // UTF-8 never has fewer bytes than UTF-16 has units.
    if (sql.length > textBytesMax) return overCap('text-bytes');
    const worstCase = sql.length * 3;
    if (this.#scratch.length < worstCase) this.#scratch = Buffer.allocUnsafeSlow(Math.max(16_384, worstCase * 2));
    const bytes = this.#scratch.write(sql, 'utf8');
    if (bytes > textBytesMax) return overCap('text-bytes');
    this.#textBytes = bytes;
    // libpg_query reads strings as standard_conforming_strings = on.
    this.#measurer.read(this.#scratch, 0, bytes, true, this.#measured);
    const { tokens, nesting, blockComments, unterminated } = this.#measured;
    if (nesting > nestingMax) return overCap('nesting');
    if (tokens > tokensMax) return overCap('tokens');
    if (blockComments > blockCommentsMax) return overCap('block-comments');
    // Neither PostgreSQL nor a C string holds a zero byte; what follows one would go unseen.
    const zero = sql.indexOf('\0');
    if (zero >= 0)
      return { kind: 'syntax-error', message: 'invalid byte sequence for encoding "UTF8": 0x00', cursor: zero };
    if (tokens === 0 && !unterminated) return { kind: 'parsed', statements: [], listsShortened: false };
    const fits =
      bytes <= here.textBytesMax &&
      tokens <= here.tokensMax &&
      nesting <= here.nestingMax &&
      blockComments <= here.blockCommentsMax;
    return fits ? 'here' : 'thread';
  }

  /** Waits for a turn of the event loop with budget left. */
  async #turn(): Promise<void> {
    while (this.#spentInTurnMs >= TURN_BUDGET_MS && this.#turnEnd !== null) await this.#turnEnd;
  }

  #spend(ms: number): void {
    this.#spentInTurnMs += ms;
    this.#turnEnd ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#spentInTurnMs = 0;
        this.#turnEnd = null;
        resolve();
      });
    });
  }
}

function outcomeOf(outcome: Exclude<InstanceOutcome | ThreadOutcome, { kind: 'tree' }>): ParseOutcome {
  return outcome.kind === 'broken' ? { kind: 'parser-lost' } : outcome;
}

function parsed(json: string, textBytes: number, listsShortened: boolean): ParseOutcome {
  try {
    return { kind: 'parsed', statements: statementsOf(json, textBytes), listsShortened };
  } catch {
    // No tree at all: the memory it came from is not to be trusted.
    return { kind: 'parser-lost' };
  }
}

function overCap(cap: ParseCap): ParseOutcome {
  return { kind: 'over-cap', cap };
}
