/** The probe against servers that do what no real one does on demand. Real ones: engine/src/streaming-check.cluster.test.ts. */
import net from 'node:net';
import { encodeAuthenticationOk, encodeErrorResponse, encodeReadyForQuery } from '@pgherd/wire';
import { afterEach, describe, expect, it } from 'vitest';
import { type ProbeTarget, probe } from './probe.ts';

let server: net.Server | null = null;
const sockets = new Set<net.Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => (server === null ? resolve(null) : server.close(resolve)));
  server = null;
});

/** Answers each message that comes with the next of these; then says nothing. */
async function scripted(...answers: readonly Buffer[]): Promise<ProbeTarget> {
  server = net.createServer((socket) => {
    sockets.add(socket);
    let next = 0;
    socket.on('error', () => {});
    socket.on('data', () => {
      const answer = answers[next++];
      if (answer !== undefined) socket.write(answer);
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  return {
    host: '127.0.0.1',
    port,
    user: 'probe',
    password: 'p',
    database: 'postgres',
    tls: false,
    timeoutMs: 300,
    replication: true,
  };
}

const refusal = (sqlstate: string, message: string): Buffer =>
  encodeErrorResponse({ severity: 'FATAL', sqlstate, message });

describe('a server that', () => {
  it.each([
    ['57P03', 'the database system is starting up', 'starting'],
    ['57P01', 'terminating connection due to administrator command', 'starting'],
    ['28P01', 'password authentication failed for user "probe"', 'sign-in'],
    ['53300', 'sorry, too many clients already', 'other'],
  ])('says %s (%s) counts as: %s', async (sqlstate, message, kind) => {
    expect(await probe(await scripted(refusal(sqlstate, message)))).toMatchObject({ ok: false, kind, reason: message });
  });

  it.each([
    ['says nothing', []],
    ['signs in and then says nothing', [Buffer.concat([encodeAuthenticationOk(), encodeReadyForQuery('I')])]],
  ])('%s is given up in time', async (_name, answers) => {
    const target = await scripted(...answers);
    const startedMs = performance.now();
    expect(await probe(target)).toMatchObject({ ok: false, kind: 'timeout' });
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });
});

it('a name that cannot be looked up says nothing about the server', async () => {
  const target = await scripted();
  expect(await probe({ ...target, host: 'no-such-host.invalid' })).toMatchObject({ ok: false, kind: 'resolver' });
});
