/** A million bent messages from clients, in every state: PGHERD_FUZZ_MESSAGES. A failed run names its seed. */
import { type Cluster, ephemeralCluster } from '@pgherd/lab';
import {
  encodeBind,
  encodeCancelRequest,
  encodeClose,
  encodeCopyData,
  encodeCopyDone,
  encodeCopyFail,
  encodeDescribe,
  encodeExecute,
  encodeFlush,
  encodeFunctionCall,
  encodeGssEncRequest,
  encodeParse,
  encodePasswordMessage,
  encodeQuery,
  encodeSaslInitialResponse,
  encodeSaslResponse,
  encodeSslRequest,
  encodeStartup,
  encodeSync,
  encodeTerminate,
  PROTOCOL_3_0,
  PROTOCOL_3_2,
} from '@pgherd/wire';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Engine, engineFor } from '../../packages/engine/test-support/engine.ts';
import { env } from '../../packages/engine/test-support/env.ts';
import { rssBytes } from '../../packages/engine/test-support/processes.ts';
import { Random } from '../../packages/engine/test-support/random.ts';
import { RawClient } from '../../packages/engine/test-support/raw-client.ts';
import { until } from '../../packages/engine/test-support/wait.ts';
import { Heartbeat } from './heartbeat.ts';
import { mutate, pieces } from './mutate.ts';

const MESSAGES = env.fuzzMessages(20_000);
const AT_ONCE = 6;
const HEEDED_MS = 5_000;

const bind = (values: (string | null)[]): Buffer =>
  encodeBind({ portal: '', statement: '', parameterFormats: [], values, resultFormats: [1] });

/** What clients say in a session, whole batches among it. */
const CORPUS: readonly Buffer[] = [
  encodeQuery('SELECT 1'),
  encodeQuery(''),
  encodeQuery("SELECT repeat('x', 5000) FROM generate_series(1, 20)"),
  encodeQuery('BEGIN'),
  encodeQuery('COMMIT'),
  encodeQuery('SELECT 1/0'),
  encodeQuery('COPY f FROM STDIN'),
  encodeQuery('COPY f TO STDOUT'),
  encodeQuery('SHOW pool_nodes'),
  encodeQuery('PGPOOL SHOW ALL'),
  encodeQuery('DROP DATABASE IF EXISTS nosuch'),
  encodeQuery('SET client_encoding = LATIN1'),
  encodeQuery('LISTEN x; NOTIFY x'),
  encodeParse({ statement: '', sql: 'SELECT $1::int', parameterTypes: [23] }),
  encodeParse({ statement: 's', sql: 'SELECT generate_series(1, $1::int)', parameterTypes: [] }),
  encodeParse({ statement: '', sql: 'COPY f FROM STDIN', parameterTypes: [] }),
  encodeParse({ statement: '', sql: 'DROP DATABASE nosuch', parameterTypes: [] }),
  bind(['7']),
  bind([null, '']),
  encodeDescribe({ kind: 'portal', name: '' }),
  encodeDescribe({ kind: 'statement', name: 's' }),
  encodeExecute({ portal: '', rowsMax: 0 }),
  encodeExecute({ portal: '', rowsMax: 2 }),
  encodeClose({ kind: 'statement', name: 's' }),
  encodeFlush(),
  encodeSync(),
  encodeSync(),
  encodeCopyData(Buffer.from('1\tx\n')),
  encodeCopyDone(),
  encodeCopyFail('no'),
  encodeFunctionCall({ functionOid: 1598, argumentFormats: [], values: [], resultFormat: 0 }),
  encodeTerminate(),
  encodePasswordMessage('right'),
  encodeSaslInitialResponse('SCRAM-SHA-256', Buffer.from('n,,n=,r=abcdefghijklmnopqrstuvwx')),
  encodeSaslResponse(Buffer.from('c=biws,r=abc,p=AAAA')),
];

/** What comes first on a connection. */
const PACKETS: readonly Buffer[] = [
  encodeSslRequest(),
  encodeGssEncRequest(),
  encodeCancelRequest(4711, Buffer.alloc(4, 1)),
  encodeCancelRequest(4711, Buffer.alloc(32, 1)),
  encodeStartup({
    protocol: PROTOCOL_3_0,
    params: [
      ['user', 'app'],
      ['database', 'app'],
    ],
  }),
  encodeStartup({
    protocol: PROTOCOL_3_2,
    params: [
      ['user', 'app'],
      ['database', 'app'],
      ['_pq_.x', '1'],
      ['options', '-c geqo=off'],
    ],
  }),
  encodeStartup({ protocol: PROTOCOL_3_0, params: [['user', 'clear']] }),
  encodeStartup({ protocol: PROTOCOL_3_0, params: [['user', 'md5er']] }),
  encodeStartup({ protocol: PROTOCOL_3_0, params: [['user', 'scram']] }),
];

let cluster: Cluster;
let engine: Engine;

beforeAll(async () => {
  cluster = await ephemeralCluster({
    nodes: 1,
    pgBin: 'embedded',
    initSql: [{ database: 'app', sql: 'CREATE TABLE f (a int, b text); GRANT ALL ON f TO PUBLIC' }],
  });
  engine = await engineFor(cluster, {
    hba: [
      'host all clear 127.0.0.1/32 password',
      'host all md5er 127.0.0.1/32 md5',
      'host all scram 127.0.0.1/32 scram-sha-256',
      'host all all 127.0.0.1/32 trust\n',
    ].join('\n'),
    passwd: 'clear:TEXTright\nmd5er:TEXTright\nscram:TEXTright\n',
    settings: { num_init_children: 60, authentication_timeout: 5 },
  });
});

afterAll(async () => {
  await engine?.stop('immediate');
  await cluster?.destroy();
});

it(
  `${MESSAGES} bent messages from clients: the same worker serves on, and nobody waits for a second`,
  async () => {
    const seed = env.fuzzSeed();
    const workers = engine.workerPids();
    const random = new Random(seed);
    const heartbeat = new Heartbeat(engine.address, { user: 'app', database: 'app' });
    let sent = 0;
    let sessions = 0;
    let nextCheck = 10_000;

    /** A connection with up to twenty messages, ended in one of four ways. */
    const attack = async (own: Random): Promise<void> => {
      const inSession = own.chance(0.6);
      const client = inSession
        ? await RawClient.signIn(engine.address, {
            user: 'app',
            database: 'app',
            params: { application_name: `f${own.below(3)}` },
          })
        : await RawClient.open(engine.address);
      client.discards = true;
      const said: Buffer[] = [];
      const send = (piece: Buffer): void => {
        said.push(piece);
        client.send(piece);
      };
      if (inSession) sessions++;
      if (!inSession) {
        const packet = own.pick(PACKETS);
        for (const piece of pieces(own.chance(0.6) ? mutate(packet, PACKETS, own, 0) : packet, own)) send(piece);
        sent++;
      }
      for (let n = own.below(20); n > 0; n--) {
        const message = own.pick(CORPUS);
        for (const piece of pieces(own.chance(0.5) ? mutate(message, CORPUS, own) : message, own)) {
          send(piece);
          if (own.chance(0.1)) await new Promise((resolve) => setImmediate(resolve));
        }
        sent++;
        if (client.isClosed) break;
      }
      if (own.chance(0.5)) await client.closed(3).catch(() => []);
      if (own.chance(0.3)) client.reset();
      else {
        client.finish();
        await client.closed(HEEDED_MS).catch(() => {
          const what = JSON.stringify(Buffer.concat(said).toString('latin1'));
          throw new Error(`the end of a connection${inSession ? ' in session' : ''} was not heeded in time: ${what}`);
        });
      }
      client.destroy();
    };

    const attacker = async (own: Random): Promise<void> => {
      while (sent < MESSAGES) {
        await attack(own);
        if (sent >= nextCheck) {
          nextCheck += 10_000;
          const fresh = await RawClient.signIn(engine.address, { user: 'app', database: 'app' });
          expect(await fresh.value('SELECT 42', 1_000)).toBe('42');
          await fresh.end();
          expect(engine.workerPids()).toEqual(workers);
        }
      }
    };

    try {
      await Promise.all(Array.from({ length: AT_ONCE }, () => attacker(new Random(random.next()))));
      await heartbeat.stop();
    } catch (error) {
      throw new Error(`PGHERD_FUZZ_SEED=${seed}: ${(error as Error).message}\n${engine.logText().slice(-2_000)}`, {
        cause: error,
      });
    }
    expect(sessions).toBeGreaterThan(MESSAGES / 100);
    expect(engine.workerPids()).toEqual(workers);
    expect(heartbeat.slowestMs, `seed ${seed}`).toBeLessThan(1_000);
    expect(engine.logText()).not.toMatch(/internal error|TypeError|RangeError|exits with/);
    await until('all slots are free', async () => (await engine.status()).clients === 0, 10_000);
    expect(Math.max(...workers.map(rssBytes))).toBeLessThan(400 * 1024 * 1024);
  },
  60_000 + MESSAGES * 3,
);
