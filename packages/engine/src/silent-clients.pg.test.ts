/** Connections that say nothing, or too little, must not keep clients out. */
import { type Cluster, ephemeralCluster } from '@pgherd/lab';
import { encodeStartup, PROTOCOL_3_0 } from '@pgherd/wire';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, engineFor } from '../test-support/engine.ts';
import { RawClient } from '../test-support/raw-client.ts';
import { until } from '../test-support/wait.ts';

let cluster: Cluster;
let engine: Engine;
const silent: RawClient[] = [];

beforeAll(async () => {
  cluster = await ephemeralCluster({ nodes: 1, pgBin: 'embedded' });
});
afterEach(async () => {
  for (const client of silent.splice(0)) client.destroy();
  await engine?.stop('immediate');
});
afterAll(async () => {
  await cluster?.destroy();
});

const connect = (): Promise<RawClient> => RawClient.signIn(engine.address, { user: 'app', database: 'app' });
const open = async (framed = true): Promise<RawClient> => {
  const client = await RawClient.open(engine.address, { framed });
  silent.push(client);
  return client;
};
const packet = (): Buffer =>
  encodeStartup({
    protocol: PROTOCOL_3_0,
    params: [
      ['user', 'app'],
      ['database', 'app'],
    ],
  });
const clients = async (): Promise<number> => (await engine.status()).clients;

describe('a connection that has not said who it is', () => {
  it('keeps its client slot for a second only, and gets one when it is a client after all', async () => {
    engine = await engineFor(cluster, { settings: { num_init_children: 2, worker_processes: 1 } });
    const mute = await open();
    const halting = await open();
    halting.send(packet().subarray(0, 10));
    await until('both have a slot', async () => (await clients()) === 2);
    const inside: RawClient[] = [];
    const order: string[] = [];
    for (let n = 0; n < 3; n++) {
      void connect().then((client) => {
        order.push('prompt');
        inside.push(client);
      });
    }
    await until('two are served', async () => inside.length === 2 && (await engine.status()).clientsWaiting === 1);
    expect(await clients()).toBe(2);
    for (const client of inside) expect(await client.value('SELECT 1')).toBe('1');

    halting.send(packet().subarray(10));
    await until('it waits behind the third', async () => (await engine.status()).clientsWaiting === 2);
    expect(await clients()).toBe(2);
    const late = halting.until(0x5a).then(() => order.push('late'));
    await inside[0]?.end();
    await until('the third is served', () => inside.length === 3);
    await inside[1]?.end();
    await late;
    expect(order).toEqual(['prompt', 'prompt', 'prompt', 'late']);
    expect(await halting.value('SELECT 2')).toBe('2');

    mute.destroy();
    await inside[2]?.end();
    await until('one is left', async () => (await clients()) === 1);
    await halting.end();
    await until('none is left', async () => (await clients()) === 0);
  });

  it('keeps no slot by asking for TLS either', async () => {
    engine = await engineFor(cluster, { settings: { num_init_children: 1, worker_processes: 1 } });
    const asking = await open(false);
    asking.send(Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])); // SSLRequest
    expect((await asking.bytes(1)).toString()).toBe('N');
    await until('it has the slot', async () => (await clients()) === 1);
    const client = await connect();
    expect(await client.value('SELECT 1')).toBe('1');
    await client.end();
  });

  it('is ended after authentication_timeout all the same', async () => {
    engine = await engineFor(cluster, {
      settings: { num_init_children: 1, worker_processes: 1, authentication_timeout: 2 },
    });
    const startedMs = performance.now();
    const mute = await open();
    await mute.closed(5_000);
    expect(performance.now() - startedMs).toBeGreaterThan(1_900);
    expect(await clients()).toBe(0);
  });

  it('never opens the door to more clients than there are slots', async () => {
    engine = await engineFor(cluster, {
      settings: { num_init_children: 4, worker_processes: 2, listen_backlog_multiplier: 20 },
    });
    const slow = await Promise.all(Array.from({ length: 12 }, () => open()));
    const inside: RawClient[] = [];
    const fast = Array.from({ length: 12 }, () =>
      connect().then(async (client) => {
        inside.push(client);
        return client;
      }),
    );
    await until('four are in', () => inside.length === 4);
    for (const client of slow) client.send(packet());
    await until('all others wait', async () => (await engine.status()).clientsWaiting === 20);
    expect([inside.length, await clients()]).toEqual([4, 4]);
    const served = slow.map((client) => client.until(0x5a).then(() => client.end()));
    await Promise.all(fast.map(async (client) => (await client).end()));
    await Promise.all(served);
    await until('none is left', async () => (await clients()) === 0);
  });
});
