/** A million bent messages from a server, in every state: PGHERD_FUZZ_MESSAGES. A failed run names its seed. */
import {
  encodeAuthenticationCleartext,
  encodeAuthenticationMd5,
  encodeAuthenticationOk,
  encodeAuthenticationSasl,
  encodeAuthenticationSaslContinue,
  encodeAuthenticationSaslFinal,
  encodeBackendKeyData,
  encodeBindComplete,
  encodeCloseComplete,
  encodeCommandComplete,
  encodeCopyData,
  encodeCopyDone,
  encodeCopyResponse,
  encodeDataRow,
  encodeEmptyQueryResponse,
  encodeErrorResponse,
  encodeFunctionCallResponse,
  encodeNegotiateProtocolVersion,
  encodeNoData,
  encodeNoticeResponse,
  encodeNotificationResponse,
  encodeParameterDescription,
  encodeParameterStatus,
  encodeParseComplete,
  encodePortalSuspended,
  encodeQuery,
  encodeReadyForQuery,
  encodeRowDescription,
  encodeSync,
  Frontend,
  PROTOCOL_3_2,
} from '@pgherd/wire';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Engine } from '../../packages/engine/test-support/engine.ts';
import { env } from '../../packages/engine/test-support/env.ts';
import { rssBytes } from '../../packages/engine/test-support/processes.ts';
import { Random } from '../../packages/engine/test-support/random.ts';
import { RawClient } from '../../packages/engine/test-support/raw-client.ts';
import { type RawPeer, RawServer } from '../../packages/engine/test-support/raw-server.ts';
import { until } from '../../packages/engine/test-support/wait.ts';
import { Heartbeat } from './heartbeat.ts';
import { mutate, pieces } from './mutate.ts';

const MESSAGES = env.fuzzMessages(20_000);
const AT_ONCE = 40;
const HEEDED_MS = 5_000;

const SIGN_IN: readonly Buffer[] = [
  encodeAuthenticationOk(),
  encodeAuthenticationCleartext(),
  encodeAuthenticationMd5(Buffer.alloc(4, 9)),
  encodeAuthenticationSasl(['SCRAM-SHA-256']),
  encodeAuthenticationSaslContinue(Buffer.from(`r=abc,s=${Buffer.alloc(16).toString('base64')},i=4096`)),
  encodeAuthenticationSaslFinal(Buffer.from('v=AAAA')),
  encodeNegotiateProtocolVersion(PROTOCOL_3_2, ['_pq_.x']),
  encodeParameterStatus('server_version', '18.0'),
  encodeBackendKeyData(4711, Buffer.alloc(4, 1)),
  encodeBackendKeyData(4711, Buffer.alloc(32, 1)),
  encodeErrorResponse({ severity: 'FATAL', sqlstate: '28P01', message: 'no' }),
  encodeNoticeResponse({ severity: 'WARNING', sqlstate: '01000', message: 'hm' }),
  encodeReadyForQuery('I'),
];

const ANSWERS: readonly Buffer[] = [
  encodeRowDescription([{ name: 'a' }, { name: 'b' }]),
  encodeDataRow(['1', null]),
  encodeDataRow(['x'.repeat(3_000)]),
  encodeCommandComplete('SELECT 1'),
  encodeEmptyQueryResponse(),
  encodeErrorResponse({ severity: 'ERROR', sqlstate: '42601', message: 'no', detail: 'd', hint: 'h' }),
  encodeNoticeResponse({ severity: 'NOTICE', sqlstate: '00000', message: 'n' }),
  encodeNotificationResponse({ pid: 1, channel: 'c', payload: 'p' }),
  encodeParameterStatus('TimeZone', 'UTC'),
  encodeParameterStatus('application_name', 'x'),
  encodeParseComplete(),
  encodeBindComplete(),
  encodeCloseComplete(),
  encodeNoData(),
  encodePortalSuspended(),
  encodeParameterDescription([23, 25]),
  encodeFunctionCallResponse(Buffer.from('x')),
  encodeCopyResponse('in', { format: 0, columnFormats: [0] }),
  encodeCopyResponse('out', { format: 0, columnFormats: [0] }),
  encodeCopyResponse('both', { format: 0, columnFormats: [] }),
  encodeCopyData(Buffer.from('row\n')),
  encodeCopyDone(),
  encodeReadyForQuery('I'),
  encodeReadyForQuery('T'),
  encodeReadyForQuery('E'),
  encodeReadyForQuery('I'),
  encodeReadyForQuery('I'),
];

let server: RawServer;
let engine: Engine;
let sent = 0;
let random: Random;
const seed = env.fuzzSeed();

/** To `honest` it is a server; to anybody else it says what it likes. */
async function script(peer: RawPeer): Promise<void> {
  const packet = await peer.packet();
  if (packet.includes('honest')) {
    peer.welcome();
    for (;;) await answerHonestly(peer);
  }
  const own = new Random(random.next());
  const say = (message: Buffer, corpus: readonly Buffer[], probability: number): void => {
    for (const piece of pieces(own.chance(probability) ? mutate(message, corpus, own) : message, own)) peer.send(piece);
    sent++;
  };
  if (own.chance(0.4)) {
    for (let n = 1 + own.below(6); n > 0; n--) say(own.pick(SIGN_IN), SIGN_IN, 0.4);
    if (own.chance(0.5)) peer.end();
    else await peer.message();
    return;
  }
  peer.welcome();
  for (;;) {
    const { body } = await peer.message();
    for (let n = own.below(12); n > 0; n--) say(own.pick(ANSWERS), ANSWERS, 0.35);
    // A reset that gets no answer keeps its place for ten seconds: one in a hundred may.
    if (body.includes('DISCARD') && own.chance(0.99)) peer.end();
    if (own.chance(0.5)) say(encodeReadyForQuery('I'), ANSWERS, 0);
    if (own.chance(0.05)) peer.reset();
    if (own.chance(0.05)) peer.end();
  }
}

async function answerHonestly(peer: RawPeer): Promise<void> {
  const { type, body } = await peer.message();
  if (type === Frontend.TERMINATE) peer.end();
  if (type !== Frontend.QUERY) return;
  const text = /'([^']*)'/.exec(body.toString())?.[1] ?? '';
  peer.send(
    encodeRowDescription([{ name: 'a' }]),
    encodeDataRow([text]),
    encodeCommandComplete('SELECT 1'),
    encodeReadyForQuery('I'),
  );
}

beforeAll(async () => {
  random = new Random(seed);
  server = await RawServer.open(script);
  engine = await Engine.start({
    backends: [server],
    hba: 'host all all 127.0.0.1/32 trust\n',
    passwd: 'u0:TEXTpw\nu1:TEXTpw\nu2:TEXTpw\n',
    settings: { num_init_children: 60, authentication_timeout: 1, sr_check_period: 0, connect_timeout: 200 },
  });
});

afterAll(async () => {
  await engine?.stop('immediate');
  await server?.close();
});

it(
  `${MESSAGES} bent messages from a server: the same worker serves on, and nobody waits for a second`,
  async () => {
    const workers = engine.workerPids();
    const heartbeat = new Heartbeat(engine.address, { user: 'honest' });
    let nextCheck = 10_000;
    let sessions = 0;

    const visit = async (own: Random): Promise<void> => {
      const client = await RawClient.open(engine.address);
      client.discards = true;
      client.send(startup(`u${own.below(3)}`));
      if (!(await client.more(0, 5_000))) throw new Error('a client got neither an answer nor an end');
      for (let n = own.below(6); n > 0 && !client.isClosed; n--) {
        const before = client.received;
        client.send(own.chance(0.8) ? encodeQuery(`SELECT '${n}'`) : encodeSync());
        sessions++;
        if (own.chance(0.7)) await client.more(before, 4);
      }
      if (own.chance(0.3)) client.reset();
      else {
        client.finish();
        const startedMs = performance.now();
        await client.closed(HEEDED_MS).catch(async () => {
          const later = await client.closed(10_000).then(
            () => `after ${Math.round(performance.now() - startedMs)} ms`,
            () => 'nor within ten seconds more',
          );
          const beat = `${heartbeat.beats} beats, the slowest ${Math.round(heartbeat.slowestMs)} ms`;
          throw new Error(`the end of a connection was not heeded in time, but ${later}; ${beat}`);
        });
      }
      client.destroy();
    };

    const visitor = async (own: Random): Promise<void> => {
      while (sent < MESSAGES) {
        await visit(own);
        if (sent >= nextCheck) {
          nextCheck += 10_000;
          const fresh = await RawClient.signIn(engine.address, { user: 'honest' });
          expect(await fresh.value("SELECT 'fresh'", 1_000)).toBe('fresh');
          await fresh.end();
          expect(engine.workerPids()).toEqual(workers);
        }
      }
    };

    try {
      await Promise.all(Array.from({ length: AT_ONCE }, () => visitor(new Random(random.next()))));
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
    await until(
      'all links are given back',
      async () => {
        const [facts] = (await engine.status()).workers;
        return facts !== undefined && facts.linksTotal === facts.linksIdle;
      },
      15_000,
    );
    await until('all slots are free', async () => (await engine.status()).clients === 0, 15_000);
    expect(Math.max(...workers.map(rssBytes))).toBeLessThan(400 * 1024 * 1024);
  },
  60_000 + MESSAGES * 3,
);

const startup = (user: string): Buffer => {
  const body = Buffer.from(`\0\x03\0\0user\0${user}\0\0`, 'latin1');
  const head = Buffer.alloc(4);
  head.writeUInt32BE(4 + body.length);
  return Buffer.concat([head, body]);
};
