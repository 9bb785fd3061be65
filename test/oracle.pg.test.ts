/**
 * Another client's rows are the one unforgivable fault. Two hundred clients share a few links, ask in every way, cancel,
 * vanish and fail, and every answer must carry the nonce of its own question: PGHERD_ORACLE_REPLIES.
 */
import { randomUUID } from 'node:crypto';
import { type Cluster, ephemeralCluster } from '@pgherd/lab';
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
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Engine, engineFor } from '../packages/engine/test-support/engine.ts';
import { env } from '../packages/engine/test-support/env.ts';
import { Random } from '../packages/engine/test-support/random.ts';
import { ClosedError, RawClient } from '../packages/engine/test-support/raw-client.ts';

const REPLIES = env.oracleReplies(20_000);
const CLIENTS = 200;
const DEADLINE_MS = 60_000;

let cluster: Cluster;
let engine: Engine;

beforeAll(async () => {
  cluster = await ephemeralCluster({ nodes: 1, pgBin: 'embedded', maxConnections: 300 });
  engine = await engineFor(cluster, { settings: { num_init_children: CLIENTS, worker_processes: 2 } });
});

afterAll(async () => {
  await engine?.stop('immediate');
  await cluster?.destroy();
});

const parse = (sql: string): Buffer => encodeParse({ statement: '', sql, parameterTypes: [] });
const bind = (value: string): Buffer =>
  encodeBind({ portal: '', statement: '', parameterFormats: [], values: [value], resultFormats: [] });

interface Tally {
  replies: number;
  cancelled: number;
  dropped: number;
  failed: number;
  bytes: number;
}

/** What was said between two ReadyForQuery: rows, COPY lines and error texts. */
function words(frames: readonly Frame[]): string[] {
  const said: string[] = [];
  for (const { type, body } of frames) {
    if (type === Backend.DATA_ROW) said.push(...decodeDataRow(body).map((value) => value?.toString() ?? ''));
    else if (type === Backend.COPY_DATA) said.push(decodeCopyData(body).toString());
    else if (type === Backend.ERROR_RESPONSE) said.push(decodeErrorFields(body).message);
  }
  return said;
}

/** Every word that looks like a nonce is the one asked for, and it is there. */
function judge(frames: readonly Frame[], nonce: string, what: string): void {
  const said = words(frames);
  const mine = said.filter((word) => word.includes(nonce)).length;
  const alien = said.filter((word) => /n-[0-9a-f-]{36}/.test(word) && !word.includes(nonce));
  if (mine === 0 || alien.length > 0) {
    throw new Error(`${what} asked for ${nonce} and got ${JSON.stringify(said.slice(0, 5))}`);
  }
}

const sqlStates = (frames: readonly Frame[]): string[] =>
  frames.filter(({ type }) => type === Backend.ERROR_RESPONSE).map(({ body }) => decodeErrorFields(body).sqlstate);

class Asker {
  private client: RawClient | null = null;
  private readonly random: Random;
  private readonly tally: Tally;
  private readonly name: string;

  constructor(random: Random, tally: Tally, n: number) {
    this.random = random;
    this.tally = tally;
    this.name = `asker${n % 4}`;
  }

  private async connect(): Promise<RawClient> {
    this.client ??= await RawClient.signIn(engine.address, {
      user: 'app',
      database: 'app',
      params: { application_name: this.name },
      ...(this.random.chance(0.3) ? { protocol: 0x30002 } : {}),
    });
    return this.client;
  }

  private async read(client: RawClient): Promise<Frame[]> {
    const frames = await client.until(Backend.READY_FOR_QUERY, DEADLINE_MS);
    for (const { body } of frames) this.tally.bytes += body.length;
    return frames;
  }

  async turn(): Promise<void> {
    const client = await this.connect();
    const nonce = `n-${randomUUID()}`;
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

  private async simple(client: RawClient, nonce: string): Promise<void> {
    client.send(encodeQuery(`SELECT '${nonce}', ${this.random.below(1_000)}`));
    judge(await this.read(client), nonce, 'a query');
    this.tally.replies++;
  }

  private async extended(client: RawClient, nonce: string): Promise<void> {
    client.send(parse('SELECT $1::text'), bind(nonce), encodeDescribe({ kind: 'portal', name: '' }));
    client.send(encodeExecute({ portal: '', rowsMax: 0 }), encodeSync());
    judge(await this.read(client), nonce, 'a batch');
    this.tally.replies++;
  }

  private async pipelined(client: RawClient): Promise<void> {
    const nonces = Array.from({ length: 2 + this.random.below(6) }, () => `n-${randomUUID()}`);
    client.send(
      ...nonces.flatMap((nonce) =>
        this.random.chance(0.5)
          ? [encodeQuery(`SELECT '${nonce}'`)]
          : [parse('SELECT $1::text'), bind(nonce), encodeExecute({ portal: '', rowsMax: 0 }), encodeSync()],
      ),
    );
    for (const nonce of nonces) {
      judge(await this.read(client), nonce, 'a pipeline');
      this.tally.replies++;
    }
  }

  private async failing(client: RawClient, nonce: string): Promise<void> {
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

  private async copied(client: RawClient, nonce: string): Promise<void> {
    client.send(
      encodeQuery(`COPY (SELECT '${nonce}', i FROM generate_series(1, ${1 + this.random.below(50)}) i) TO STDOUT`),
    );
    judge(await this.read(client), nonce, 'a COPY');
    this.tally.replies++;
  }

  private async inTransaction(client: RawClient, nonce: string): Promise<void> {
    client.send(encodeQuery('BEGIN'), encodeQuery(`SET LOCAL my.nonce = '${nonce}'`));
    client.send(encodeQuery("SELECT current_setting('my.nonce')"), encodeQuery('ROLLBACK'));
    await this.read(client);
    await this.read(client);
    judge(await this.read(client), nonce, 'a transaction');
    await this.read(client);
    this.tally.replies++;
  }

  /** The proxy's own answer among the server's. */
  private async ours(client: RawClient, nonce: string): Promise<void> {
    client.send(encodeQuery(`SELECT '${nonce}'`), encodeQuery('SHOW pool_version'), encodeQuery(`SELECT '${nonce}'`));
    judge(await this.read(client), nonce, 'before SHOW');
    expect(words(await this.read(client))[0]).toMatch(/^4\.7/);
    judge(await this.read(client), nonce, 'behind SHOW');
    this.tally.replies += 3;
  }

  private async huge(client: RawClient, nonce: string): Promise<void> {
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
  private async cancelled(client: RawClient, nonce: string): Promise<void> {
    client.send(encodeQuery(`SELECT pg_sleep(${this.random.below(300) / 1000}), '${nonce}'`));
    const cancelling = client.cancel(engine.address);
    const frames = await this.read(client);
    const states = sqlStates(frames);
    if (states.length === 0) judge(frames, nonce, 'a query that was not cancelled in time');
    else expect(states).toEqual(['57014']);
    this.tally.cancelled += states.length;
    this.tally.replies++;
    await cancelling;
    // From here on nothing may be cancelled any more.
    await this.simple(client, `n-${randomUUID()}`);
  }

  /** Gone in the middle of something. */
  private vanish(client: RawClient, nonce: string): void {
    const open = this.random.below(4);
    if (open === 0) client.send(encodeQuery(`SELECT '${nonce}' FROM generate_series(1, 100000)`));
    else if (open === 1) client.send(encodeQuery(`SELECT '${nonce}', pg_sleep(0.01)`));
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
    await client?.end();
  }
}

it(
  `${REPLIES} replies to ${CLIENTS} clients: each is the answer to its own question`,
  async () => {
    const seed = env.fuzzSeed();
    const random = new Random(seed);
    const workers = engine.workerPids();
    const tally: Tally = { replies: 0, cancelled: 0, dropped: 0, failed: 0, bytes: 0 };
    const ask = async (n: number): Promise<void> => {
      const asker = new Asker(new Random(random.next()), tally, n);
      while (tally.replies < REPLIES) {
        try {
          await asker.turn();
        } catch (error) {
          if (error instanceof ClosedError) throw new Error(`a session was lost: ${error.message}`, { cause: error });
          throw error;
        }
      }
      await asker.leave();
    };
    try {
      await Promise.all(Array.from({ length: CLIENTS }, (_, n) => ask(n)));
    } catch (error) {
      throw new Error(`PGHERD_FUZZ_SEED=${seed}: ${(error as Error).message}`, { cause: error });
    }
    expect(tally.cancelled).toBeGreaterThan(REPLIES / 1_000);
    expect(tally.dropped).toBeGreaterThan(REPLIES / 100);
    expect(tally.failed).toBeGreaterThan(REPLIES / 100);
    expect(engine.workerPids()).toEqual(workers);
    const { workers: facts } = await engine.status();
    // Links were shared and reused, or nothing was shown.
    expect(facts.reduce((sum, { reused }) => sum + reused, 0)).toBeGreaterThan(REPLIES / 200);
  },
  120_000 + REPLIES * 5,
);
