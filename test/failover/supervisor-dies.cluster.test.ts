/** The supervisor is killed with -9 in the middle of an act, on real servers: the next one brings it to an end by itself. */
import type { Cluster, PostgresNode } from '@pgherd/lab';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../packages/engine/test-support/engine.ts';
import { until } from '../../packages/engine/test-support/wait.ts';
import { engineLikeUp, herdOf } from './herd.ts';

let cluster: Cluster;
let engine: Engine;

afterEach(async () => {
  await engine?.stop('immediate');
  await cluster?.destroy();
});

const node = (id: number): PostgresNode => cluster.nodes[id] as PostgresNode;
const kinds = async (): Promise<string[]> => (await engine.operations.events(0)).map(({ kind }) => kind);
/** As an operator's: nothing here may come about by auto_failback. */
const SETTINGS = { auto_failback: false };

async function again(): Promise<void> {
  const { directory } = engine;
  await engine.kill9();
  engine = await engineLikeUp(cluster, SETTINGS, { directory }, 'whatever answers');
}

async function writes(): Promise<void> {
  const { user, password } = cluster.secrets.app;
  await until(
    'a write is acknowledged',
    async () => {
      const client = new pg.Client({
        ...engine.address,
        user,
        password,
        database: 'app',
        connectionTimeoutMillis: 5_000,
      });
      try {
        await client.connect();
        await client.query('INSERT INTO t VALUES (1)');
        return true;
      } catch {
        return false;
      } finally {
        await client.end().catch(() => {});
      }
    },
    30_000,
  );
}

describe('a supervisor that is killed', () => {
  it('between the fence and the promotion leaves a failover that goes on by itself', async () => {
    cluster = await herdOf(2, 'CREATE TABLE t (n int); GRANT ALL ON t TO PUBLIC');
    engine = await engineLikeUp(cluster, SETTINGS);
    const { epoch } = await engine.status();
    node(1).freeze();
    node(0).kill9();
    await until('nobody can be promoted', async () => (await kinds()).includes('failoverFailed'), 20_000);
    await again();
    expect(await kinds()).toContain('actResumed');
    expect((await engine.status()).epoch).toBeGreaterThan(epoch);
    node(1).thaw();
    await until('the standby is the primary', async () => (await engine.status()).primary === 1, 20_000);
    await writes();
  });

  it.each(['close the epoch', 'replays to the end', 'promote', 'release'])(
    'in a switchover at "%s" leaves a herd of which every node serves',
    async (moment) => {
      cluster = await herdOf(2, 'CREATE TABLE t (n int); GRANT ALL ON t TO PUBLIC');
      engine = await engineLikeUp(cluster, SETTINGS);
      const reached = Promise.withResolvers<void>();
      engine.operations.watchOperations(({ steps }) => {
        if (steps.some(({ name }) => name.includes(moment))) reached.resolve();
      });
      await engine.operations.begin(
        { act: 'switchover', to: 1, gracefully: false },
        { door: 'cli', user: 'dba', address: '' },
      );
      await reached.promise;
      await again();
      await until(
        'both nodes serve',
        async () => {
          const { nodes, primary } = await engine.status();
          return (
            primary !== null &&
            nodes.every(({ id, attached, pgRole }) => attached && pgRole === (id === primary ? 'primary' : 'standby'))
          );
        },
        40_000,
      ).catch(async (error: Error) => {
        const told = (await engine.operations.events(0)).map(({ at, message }) => `${at} ${message}`);
        throw new Error(`${error.message}\n${told.join('\n')}`, { cause: error });
      });
      await writes();
    },
  );
});
