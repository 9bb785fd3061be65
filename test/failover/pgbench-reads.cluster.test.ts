/**
 * A standby that is killed with -9 under `pgbench -S`: no client sees an error, since what had not sent a row is read at the
 * primary. Needs a pgbench (PostgreSQL's own client programs); without one this says so and is skipped.
 */
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Cluster } from '@pgherd/lab';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../packages/engine/test-support/engine.ts';
import { env } from '../../packages/engine/test-support/env.ts';
import { until } from '../../packages/engine/test-support/wait.ts';
import { engineLikeUp, herdOf } from './herd.ts';

const CLIENTS = 24;
const SCALE = 2;
/** Seconds of reading; the standby dies about a third into it. */
const SECONDS = 9;

const program = findPgbench();
if (program === null)
  process.stdout.write('SKIPPED: no pgbench in PATH or /usr/lib/postgresql: reads under a killed standby\n');

function findPgbench(): string | null {
  const places = (env.inherited['PATH'] ?? '').split(path.delimiter);
  const versions = fs.existsSync('/usr/lib/postgresql') ? fs.readdirSync('/usr/lib/postgresql').toSorted() : [];
  const own = versions.map((version) => `/usr/lib/postgresql/${version}/bin`).reverse();
  return [...places, ...own].map((place) => path.join(place, 'pgbench')).find((file) => fs.existsSync(file)) ?? null;
}

describe.runIf(program !== null)('pgbench -S while a standby is killed', () => {
  let cluster: Cluster;
  let engine: Engine;

  beforeEach(async () => {
    cluster = await herdOf(3, 'SELECT');
    engine = await engineLikeUp(cluster, { num_init_children: CLIENTS + 20 });
    await promisify(execFile)(program as string, [...address(), '-i', '-q', '-s', String(SCALE)], { env: access() });
    await cluster.waitReplayed();
  });
  afterEach(async () => {
    await engine?.stop('immediate');
    await cluster?.destroy();
  });

  const address = (): string[] => ['-h', engine.host, '-p', String(engine.port), '-U', cluster.secrets.app.user];
  const access = () => ({ ...env.inherited, PGPASSWORD: cluster.secrets.app.password, PGDATABASE: cluster.database });

  it.each(['simple', 'prepared'])('no read fails (-M %s)', async (mode) => {
    const args = [...address(), '-S', '-n', '-M', mode, '-c', String(CLIENTS), '-j', '2', '-T', String(SECONDS)];
    const child = spawn(program as string, args, { env: access(), stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    let complained = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complained += text));
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    try {
      const readsAt = async (id: number): Promise<number> => (await engine.status()).nodes[id]?.statements ?? 0;
      await until('both standbys are read from', async () => (await readsAt(1)) > 200 && (await readsAt(2)) > 200);
      cluster.node(2).kill9();
      await until('it is left out', async () => (await engine.status()).nodes[2]?.attached === false, 20_000);
      const before = await readsAt(1);
      await until('reads go on', async () => (await readsAt(1)) > before + 200);
      expect(await ended, complained).toBe(0);
    } finally {
      child.kill('SIGKILL');
    }
    expect(complained.split('\n').filter((line) => /error|abort|lost|terminat/i.test(line))).toEqual([]);
    expect(said).toMatch(/number of failed transactions: 0 /);
    expect(Number(/transactions actually processed: (\d+)/.exec(said)?.[1])).toBeGreaterThan(1_000);
  });
});
