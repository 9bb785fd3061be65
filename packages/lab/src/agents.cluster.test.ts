/** What an agent does on its host: a server is copied anew over the replication protocol, or rewound, and streams again. */
import fs from 'node:fs';
import type { AgentJob, HostAgent } from '@pgherd/cluster';
import { afterEach, expect, it } from 'vitest';
import { labAgent } from './agents.ts';
import { findSystemBinaries } from './binaries.ts';
import type { Cluster } from './cluster.ts';
import { ephemeralCluster } from './ephemeral.ts';
import type { PostgresNode } from './node.ts';

let cluster: Cluster;
afterEach(() => cluster?.destroy());

const node = (id: number): PostgresNode => cluster.nodes[id] as PostgresNode;
const agent = (id: number): HostAgent => labAgent(cluster, id) as HostAgent;

function job(): AgentJob & { readonly told: [number, number | null][]; readonly lines: string[] } {
  const told: [number, number | null][] = [];
  const lines: string[] = [];
  return {
    told,
    lines,
    progress: (done, total) => told.push([done, total]),
    line: (text) => lines.push(text),
    signal: new AbortController().signal,
  };
}

async function rows(id: number): Promise<number> {
  const [row] = await node(id).query<{ n: number }>('SELECT count(*)::int AS n FROM t', { database: 'app' });
  return row?.n ?? -1;
}

const versions = ['embedded', ...(findSystemBinaries() === undefined ? [] : ['system'])];

it.each(versions)('a dead primary is copied anew and follows its successor (%s)', async (pgBin) => {
  cluster = await ephemeralCluster({
    nodes: 2,
    pgBin,
    initSql: [{ database: 'app', sql: 'CREATE TABLE t AS SELECT generate_series(1, 20000) AS n' }],
  });
  await cluster.waitReplayed();
  node(0).kill9();
  await node(1).promote();
  await node(1).query('INSERT INTO t VALUES (0)', { database: 'app' });
  expect(await agent(0).control()).toMatchObject({ running: false, state: 'in production', timeline: 1 });
  const work = job();
  const primary = { host: node(1).host, port: node(1).port };
  await agent(0).copy(primary, work);
  const slot = await agent(0).becomeStandby(primary);
  expect(slot).toBe('pgherd_node0');
  await node(1).query('SELECT pg_create_physical_replication_slot($1, true)', { params: [slot] });
  await agent(0).start(30_000);
  const [last] = work.told.slice(-1);
  expect(last?.[0]).toBeGreaterThan(1_000_000);
  expect(last?.[1]).toBeGreaterThan(1_000_000);
  await cluster.waitReplayed();
  expect(await rows(0)).toBe(20_001);
  expect(node(0).role).toBe('standby');
  expect(fs.readdirSync(`${node(0).dataDir}/..`).filter((name) => /copy|before/.test(name))).toEqual([]);
});

it('a copy that fails leaves the old data directory as it was', async () => {
  cluster = await ephemeralCluster({ nodes: 2, pgBin: 'embedded' });
  await node(1).stop();
  const before = await agent(1).control();
  await node(0).stop();
  await expect(agent(1).copy({ host: node(0).host, port: node(0).port }, job())).rejects.toThrow(/ECONNREFUSED/);
  await expect(agent(1).copy({ host: '127.0.0.1', port: 1 }, job())).rejects.toThrow('none of this agent');
  expect(await agent(1).control()).toEqual(before);
  await node(0).start();
  await agent(1).start(30_000);
  await cluster.waitStreaming();
});

it.runIf(versions.includes('system'))('a primary that was stopped is rewound', async () => {
  cluster = await ephemeralCluster({
    nodes: 2,
    pgBin: 'system',
    initSql: [{ database: 'app', sql: 'CREATE TABLE t (n int)' }],
  });
  await cluster.waitReplayed();
  await node(1).promote();
  // What the old primary wrote after the fork has to go.
  await node(0).query('INSERT INTO t VALUES (1)', { database: 'app' });
  await agent(0).stop('fast', 30_000);
  const work = job();
  const primary = { host: node(1).host, port: node(1).port };
  await node(1).query('CHECKPOINT');
  await agent(0).rewind(primary, work);
  expect(work.lines.join('\n')).toMatch(/Done/);
  const slot = await agent(0).becomeStandby(primary);
  expect(slot).toBe('pgherd_node0');
  await node(1).query('SELECT pg_create_physical_replication_slot($1, true)', { params: [slot] });
  await agent(0).start(30_000);
  await cluster.waitReplayed();
  expect(await rows(0)).toBe(0);
});
