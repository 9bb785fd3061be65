/** Recoveries that do not reach their end: called off, or cut short by the death of the supervisor. */
import fs from 'node:fs';
import path from 'node:path';
import type { Cluster, PostgresNode } from '@pgherd/lab';
import { RefusedError } from '@pgherd/operations';
import { afterEach, expect, it } from 'vitest';
import type { Engine } from '../../packages/engine/test-support/engine.ts';
import { until } from '../../packages/engine/test-support/wait.ts';
import { engineLikeUp, herdOf } from './herd.ts';

const DBA = { door: 'cli', user: 'dba', address: '' } as const;
const SQL = 'CREATE TABLE t AS SELECT repeat(md5(n::text), 30) FROM generate_series(1, 60000) n';

let cluster: Cluster;
let engine: Engine;

afterEach(async () => {
  await engine?.stop('immediate');
  await cluster?.destroy();
});

const node = (id: number): PostgresNode => cluster.nodes[id] as PostgresNode;
const leftovers = (): string[] =>
  fs.readdirSync(path.dirname(node(1).dataDir)).filter((name) => /\.(copy|before|rewinding)$/.test(name));

/** Node 1 is left out and being copied. @returns the operation's id */
async function copying(): Promise<string> {
  cluster = await herdOf(2, SQL);
  engine = await engineLikeUp(cluster, { auto_failback: false });
  const detached = await engine.operations.begin({ act: 'detach', node: 1, gracefully: false }, DBA);
  await engine.operations.ended(detached.id);
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  engine.operations.watchOperations(({ steps, progress }) => {
    if (steps.some(({ name }) => name === 'copy') && (progress?.doneBytes ?? 0) > 0) resolve();
  });
  const { id } = await engine.operations.begin({ act: 'recover', node: 1 }, DBA);
  await begun;
  return id;
}

async function recovers(): Promise<void> {
  const { id } = await engine.operations.begin({ act: 'recover', node: 1 }, DBA);
  expect(await engine.operations.ended(id)).toMatchObject({ state: 'done', error: null });
  await until('it is attached', async () => (await engine.status()).nodes[1]?.attached === true);
  expect(leftovers()).toEqual([]);
}

it('a recovery is called off: the server runs as before, stays left out, and may be recovered later', async () => {
  const id = await copying();
  await engine.operations.cancel(id, DBA);
  const ended = await engine.operations.ended(id);
  expect(ended).toMatchObject({ state: 'failed', error: 'called off by dba via cli' });
  expect(leftovers()).toEqual([]);
  expect(node(1).role).toBe('standby');
  await until('it answers', async () => (await engine.status()).nodes[1]?.pgRole === 'standby');
  expect((await engine.status()).nodes[1]?.attached).toBe(false);
  const last = (await engine.operations.events(0)).findLast(({ kind }) => kind === 'recoveryFailed');
  expect(last?.message).toBe('called off by dba via cli');
  await expect(engine.operations.cancel(id, DBA)).rejects.toBeInstanceOf(RefusedError);
  await recovers();
});

it('a recovery that the supervisor did not live to end is told as failed, and is begun again', async () => {
  await copying();
  const { directory } = engine;
  await engine.kill9();
  engine = await engineLikeUp(cluster, { auto_failback: false }, { directory }, 'whatever answers');
  const [known] = await engine.operations.operations();
  expect(known).toMatchObject({ act: 'recover', node: 1, state: 'failed', by: DBA });
  expect(known?.error).toContain('was interrupted by the end of pgherd');
  expect((await engine.operations.events(0)).some(({ kind }) => kind === 'recoveryFailed')).toBe(true);
  await until('there is a primary', async () => (await engine.status()).primary === 0);
  await recovers();
});

it('a node that does not answer is attached, and it is said that this will not last', async () => {
  cluster = await herdOf(2, 'SELECT');
  engine = await engineLikeUp(cluster, { auto_failback: false });
  const detached = await engine.operations.begin({ act: 'detach', node: 1, gracefully: false }, DBA);
  await engine.operations.ended(detached.id);
  await node(1).stop();
  await until('it is seen to be down', async () => (await engine.status()).nodes[1]?.pgStatus === 'down');
  const { id } = await engine.operations.begin({ act: 'attach', node: 1 }, DBA);
  const ended = await engine.operations.ended(id);
  expect(ended.state).toBe('done');
  expect(ended.steps[0]?.detail).toMatch(
    /^node 1 is attached, but it does not answer \(.+\): the next health check detaches it again$/,
  );
  const events = await engine.operations.events(0);
  expect(events.find(({ kind }) => kind === 'nodeAttached')).toMatchObject({ severity: 'warning', node: 1 });
  await until('it is detached', async () => (await engine.status()).nodes[1]?.attached === false);
});
