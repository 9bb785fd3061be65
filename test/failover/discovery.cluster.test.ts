/** A standby that somebody made beside the proxy: auto_discover_standby tells of it, or takes it in. */
import fs from 'node:fs';
import path from 'node:path';
import { type Cluster, labAgent, type PostgresNode } from '@pgherd/lab';
import type { HerdEvent } from '@pgherd/operations';
import { afterEach, expect, it } from 'vitest';
import type { Engine } from '../../packages/engine/test-support/engine.ts';
import { until } from '../../packages/engine/test-support/wait.ts';
import { engineLikeUp, herdOf } from './herd.ts';

let cluster: Cluster;
let engine: Engine;

afterEach(async () => {
  await engine?.stop('immediate');
  await cluster?.destroy();
});

/** As somebody with pg_basebackup would; it connects from where the primary can be answered, and uses the primary's port. */
async function makeStranger(): Promise<PostgresNode> {
  const primary = cluster.node(0);
  const stranger = cluster.addNode(primary.port, '127.0.0.1');
  const agent = labAgent(cluster, stranger.id);
  if (agent === null) throw new Error('the lab has no such node');
  const job = { progress: () => {}, line: () => {}, signal: new AbortController().signal };
  await agent.copy(primary, job);
  const slot = await agent.becomeStandby(primary);
  // A lab's servers share a directory of sockets, which are named by port.
  fs.appendFileSync(path.join(stranger.dataDir, 'postgresql.auto.conf'), "unix_socket_directories = ''\n");
  await primary.query('SELECT pg_create_physical_replication_slot($1, true)', { params: [slot] });
  await agent.start(30_000);
  return stranger;
}

const found = async (): Promise<readonly HerdEvent[]> =>
  (await engine.operations.events(0)).filter((event) => event.kind === 'standbyDiscovered');

async function herd(mode: string): Promise<PostgresNode> {
  cluster = await herdOf(2, 'CREATE TABLE t (a int)', { hosts: 'distinct' });
  engine = await engineLikeUp(cluster, { auto_discover_standby: mode });
  const stranger = await makeStranger();
  await until('it is told of', async () => (await found()).length > 0, 20_000);
  return stranger;
}

it('propose tells of it once, with its address, and changes nothing', async () => {
  const stranger = await herd('propose');
  const [event] = await found();
  expect(event?.details).toEqual({
    applicationName: stranger.applicationName,
    address: '127.0.0.1',
    port: stranger.port,
  });
  expect(event?.message).toContain('add it to the configuration');
  expect((await engine.status()).nodes.map((node) => node.id)).toEqual([0, 1]);
  expect(await found()).toHaveLength(1);
});

it('attach makes it a node without reads, which a reload leaves in place', async () => {
  const stranger = await herd('attach');
  await until('it is a node and attached', async () => (await engine.status()).nodes[2]?.attached === true);
  expect((await engine.status()).nodes[2]).toMatchObject({ port: stranger.port, weight: 0, role: 'standby' });
  expect(await engine.reload()).toMatchObject({ ok: true });
  await until('it is still known', async () => (await engine.status()).nodes[2]?.replicationState === 'streaming');
  expect(await found()).toHaveLength(1);
});
