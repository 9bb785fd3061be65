/**
 * A client that asks in every way, cancels, vanishes and fails, and knows for each answer whose it must be: every question
 * carries a nonce.
 */
import { randomUUID } from 'node:crypto';
import {
  Backend,
  decodeCopyData,
  decodeDataRow,
  decodeErrorFields,
  encodeBind,
  encodeDescribe,
  encodeExecute,
  encodeFlush,
  encodeParse,
  encodeQuery,
  encodeSync,
  type Frame,
} from '@pgherd/wire';
import { expect } from 'vitest';
import type { Random } from '../../packages/engine/test-support/random.ts';
import { ClosedError, RawClient, type Target } from '../../packages/engine/test-support/raw-client.ts';

const DEADLINE_MS = 60_000;
const GROUP = 20;

export const parse = (sql: string): Buffer => encodeParse({ statement: '', sql, parameterTypes: [] });
export const bind = (value: string): Buffer =>
  encodeBind({ portal: '', statement: '', parameterFormats: [], values: [value], resultFormats: [] });

export interface Tally {
  replies: number;
  cancelled: number;
  /** Cancel requests that had seconds, and hit nothing. */
  missed: number;
  dropped: number;
  failed: number;
  bytes: number;
}

export const emptyTally = (): Tally => ({ replies: 0, cancelled: 0, missed: 0, dropped: 0, failed: 0, bytes: 0 });

/** What was said between two ReadyForQuery: rows, COPY lines and error texts. */
export function words(frames: readonly Frame[]): string[] {
  const said: string[] = [];
  for (const { type, body } of frames) {
    if (type === Backend.DATA_ROW) said.push(...decodeDataRow(body).map((value) => value?.toString() ?? ''));
    else if (type === Backend.COPY_DATA) said.push(decodeCopyData(body).toString());
    else if (type === Backend.ERROR_RESPONSE) said.push(decodeErrorFields(body).message);
  }
  return said;
}

/** Every word that looks like a nonce is the one asked for, and it is there. */
export function judge(frames: readonly Frame[], nonce: string, what: string): void {
  const said = words(frames);
  const mine = said.filter((word) => word.includes(nonce)).length;
  const alien = said.filter((word) => /n-[0-9a-f-]{36}/.test(word) && !word.includes(nonce));
  if (mine === 0 || alien.length > 0) {
    throw new Error(`${what} asked for ${nonce} and got ${JSON.stringify(said.slice(0, 5))}`);
  }
}

const sqlStates = (frames: readonly Frame[]): string[] =>
  frames.filter(({ type }) => type === Backend.ERROR_RESPONSE).map(({ body }) => decodeErrorFields(body).sqlstate);

export const freshNonce = (): string => `n-${randomUUID()}`;

export class Asker {
  protected client: RawClient | null = null;
  protected readonly random: Random;
  private readonly target: Target;
  private readonly tally: Tally;
  private readonly name: string;

  constructor(target: Target, random: Random, tally: Tally, n: number) {
    this.target = target;
    this.random = random;
    this.tally = tally;
    this.name = `asker${n % 4}`;
  }

  protected async connect(): Promise<RawClient> {
    this.client ??= await RawClient.signIn(this.target, {
      user: 'app',
      database: 'app',
      params: { application_name: this.name },
      // Hundreds come at once, and a server starts a process for each.
      timeoutMs: DEADLINE_MS,
      ...(this.random.chance(0.3) ? { protocol: 0x30002 } : {}),
    });
    return this.client;
  }

  protected async read(client: RawClient): Promise<Frame[]> {
    const frames = await client.until(Backend.READY_FOR_QUERY, DEADLINE_MS);
    for (const { body } of frames) this.tally.bytes += body.length;
    return frames;
  }

  /** A further column for questions that only read. */
  protected further(): string {
    return String(this.random.below(1_000));
  }

  /** The answer to such a question came. */
  protected answered(_frames: readonly Frame[]): void {}

  /** What a slow question waits with, as a column. */
  protected slow(seconds: number): string {
    return `pg_sleep(${seconds})`;
  }

  async turn(): Promise<void> {
    const client = await this.connect();
    const nonce = freshNonce();
    const dice = this.random.below(100);
    if (dice < 5) await this.cancelled(client, nonce);
    else if (dice < 10) this.vanish(client, nonce);
    else if (dice < 12) await this.leave(client);
    else if (dice < 14) await this.huge(client, nonce);
    else if (dice < 40) await this.simple(client, nonce);
    else if (dice < 60) await this.extended(client, nonce);
    else if (dice < 75) await this.pipelined(client);
    else if (dice < 83) await this.failing(client, nonce);
    else if (dice < 90) await this.copied(client, nonce);
    else if (dice < 95) await this.inTransaction(client, nonce);
    else await this.ours(client, nonce);
  }

  /** The answer to a question that only read. */
  protected async judged(client: RawClient, nonce: string, what: string): Promise<void> {
    const frames = await this.read(client);
    judge(frames, nonce, what);
    this.answered(frames);
    this.tally.replies++;
  }

  protected async simple(client: RawClient, nonce: string): Promise<void> {
    client.send(encodeQuery(`SELECT '${nonce}', ${this.further()}`));
    await this.judged(client, nonce, 'a query');
  }

  protected async extended(client: RawClient, nonce: string): Promise<void> {
    client.send(parse(`SELECT $1::text, ${this.further()}`), bind(nonce), encodeDescribe({ kind: 'portal', name: '' }));
    client.send(encodeExecute({ portal: '', rowsMax: 0 }), encodeSync());
    await this.judged(client, nonce, 'a batch');
  }

  protected async pipelined(client: RawClient): Promise<void> {
    const nonces = Array.from({ length: 2 + this.random.below(6) }, () => freshNonce());
    client.send(
      ...nonces.flatMap((nonce) =>
        this.random.chance(0.5)
          ? [encodeQuery(`SELECT '${nonce}', ${this.further()}`)]
          : [
              parse(`SELECT $1::text, ${this.further()}`),
              bind(nonce),
              encodeExecute({ portal: '', rowsMax: 0 }),
              encodeSync(),
            ],
      ),
    );
    for (const nonce of nonces) await this.judged(client, nonce, 'a pipeline');
  }

  protected async failing(client: RawClient, nonce: string): Promise<void> {
    if (this.random.chance(0.5)) client.send(encodeQuery(`SELECT '${nonce}'::int`));
    else
      client.send(
        parse('SELECT $1::int'),
        bind(nonce),
        encodeExecute({ portal: '', rowsMax: 0 }),
        parse('x'),
        encodeSync(),
      );
    judge(await this.read(client), nonce, 'an error');
    this.tally.replies++;
    this.tally.failed++;
  }

  protected async copied(client: RawClient, nonce: string): Promise<void> {
    client.send(
      encodeQuery(
        `COPY (SELECT '${nonce}', i, ${this.further()} FROM generate_series(1, ${1 + this.random.below(50)}) i) TO STDOUT`,
      ),
    );
    await this.judged(client, nonce, 'a COPY');
  }

  protected async inTransaction(client: RawClient, nonce: string): Promise<void> {
    client.send(encodeQuery('BEGIN'), encodeQuery(`SET LOCAL my.nonce = '${nonce}'`));
    client.send(encodeQuery("SELECT current_setting('my.nonce')"), encodeQuery('ROLLBACK'));
    await this.read(client);
    await this.read(client);
    judge(await this.read(client), nonce, 'a transaction');
    await this.read(client);
    this.tally.replies++;
  }

  /** The proxy's own answer among the server's. */
  protected async ours(client: RawClient, nonce: string): Promise<void> {
    client.send(encodeQuery(`SELECT '${nonce}'`), encodeQuery('SHOW pool_version'), encodeQuery(`SELECT '${nonce}'`));
    judge(await this.read(client), nonce, 'before SHOW');
    expect(words(await this.read(client))[0]).toMatch(/^4\.7/);
    judge(await this.read(client), nonce, 'behind SHOW');
    this.tally.replies += 3;
  }

  protected async huge(client: RawClient, nonce: string): Promise<void> {
    const rows = 50 + this.random.below(400);
    client.send(
      encodeQuery(`SELECT '${nonce}' || repeat('x', ${this.random.below(8_000)}) FROM generate_series(1, ${rows})`),
    );
    const frames = await this.read(client);
    const mine = words(frames).filter((word) => word.startsWith(nonce)).length;
    if (mine !== rows) throw new Error(`${rows} rows were asked for with ${nonce}, ${mine} came`);
    this.tally.replies++;
  }

  /** Cancelled in the middle, at the start, or too late: then it must not hit the next query. */
  protected async cancelled(client: RawClient, nonce: string): Promise<void> {
    // A request that comes too late must do no harm; one that comes within seconds must come in time.
    const seconds = this.random.chance(0.5) ? this.random.below(300) / 1000 : 5;
    client.send(encodeQuery(`SELECT ${this.slow(seconds)}, '${nonce}'`));
    const cancelling = client.cancel(this.target, DEADLINE_MS);
    const frames = await this.read(client);
    const states = sqlStates(frames);
    if (states.length === 0) judge(frames, nonce, 'a query that was not cancelled in time');
    else expect(states).toEqual(['57014']);
    this.tally.cancelled += states.length;
    if (states.length === 0 && seconds > 1) this.tally.missed++;
    this.tally.replies++;
    await cancelling;
    // From here on nothing may be cancelled any more.
    await this.simple(client, freshNonce());
  }

  /** Gone in the middle of something. */
  protected vanish(client: RawClient, nonce: string): void {
    const open = this.random.below(4);
    if (open === 0) client.send(encodeQuery(`SELECT '${nonce}' FROM generate_series(1, 100000)`));
    else if (open === 1) client.send(encodeQuery(`SELECT '${nonce}', ${this.slow(0.01)}`));
    else if (open === 2)
      client.send(parse('SELECT $1::text'), bind(nonce), encodeExecute({ portal: '', rowsMax: 0 }), encodeFlush());
    else client.send(encodeQuery(`SELECT '${nonce}'`).subarray(0, 12));
    if (this.random.chance(0.5)) client.reset();
    else client.destroy();
    this.client = null;
    this.tally.dropped++;
  }

  async leave(client = this.client): Promise<void> {
    this.client = null;
    await client?.end(DEADLINE_MS);
  }
}

/**
 * So many clients ask until so many replies have come.
 * @throws Error naming the seed at the first answer that is another's
 */
export async function askAll(
  clients: number,
  replies: number,
  tally: Tally,
  seed: number,
  make: (n: number) => Asker,
): Promise<void> {
  let failed: Error | null = null;
  const ask = async (asker: Asker): Promise<void> => {
    try {
      while (tally.replies < replies && failed === null) await asker.turn();
      await asker.leave();
    } catch (error) {
      failed ??= error as Error;
    }
  };
  // They come in groups, each when the one before has had an answer: a server starts a process for each.
  const asking: Promise<void>[] = [];
  for (let n = 0; n < clients && failed === null; n += GROUP) {
    const group = Array.from({ length: Math.min(GROUP, clients - n) }, (_, i) => make(n + i));
    await Promise.all(group.map((asker) => asker.turn())).catch((error: Error) => {
      failed ??= error;
    });
    asking.push(...group.map(ask));
  }
  await Promise.all(asking);
  if (failed === null) return;
  const { message } = failed as Error;
  const what = (failed as Error) instanceof ClosedError ? `a session was lost: ${message}` : message;
  throw new Error(`PGHERD_FUZZ_SEED=${seed}, after ${tally.replies} replies: ${what}`, { cause: failed });
}
