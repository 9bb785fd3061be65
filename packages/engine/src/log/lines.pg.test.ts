/** The log of a real engine: its newest lines for doors, and files that are changed on request. */
import fs from 'node:fs';
import path from 'node:path';
import { type Cluster, ephemeralCluster } from '@pgherd/lab';
import type { LogLine } from '@pgherd/operations';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Engine, engineFor } from '../../test-support/engine.ts';
import { RawClient } from '../../test-support/raw-client.ts';
import { until } from '../../test-support/wait.ts';

let cluster: Cluster;
let engine: Engine;

beforeAll(async () => {
  cluster = await ephemeralCluster({ nodes: 1, pgBin: 'embedded' });
});
afterAll(() => cluster?.destroy());

async function work(sql: string): Promise<void> {
  const client = await RawClient.signIn(engine.address, { user: 'app', database: 'app' });
  await client.query(sql);
  await client.end();
}

it('tells lines of supervisor and workers, marks those of clients, and refuses to rotate what is not collected', async () => {
  engine = await engineFor(cluster, { settings: { log_statement: true, log_connections: true } });
  try {
    const seen: LogLine[] = [];
    const end = engine.operations.watchLogs((line) => seen.push(line));
    await work("SELECT 'a secret of app'");
    await until('the statement is told', () => seen.some(({ text }) => text.includes('a secret of app')));
    await engine.reload();
    await until('the reload is told', () => seen.some(({ text }) => text === 'reload config files.'));
    end();
    for (const { text, detail, client } of seen) {
      if (text.includes('secret') || detail?.includes('127.0.0.1') === true) expect(client, text).toBe(true);
    }
    expect(seen.find(({ text }) => text === 'reload config files.')).toMatchObject({
      process: 'main',
      pid: engine.pid,
      client: false,
      level: 'log',
    });
    expect(seen.find(({ text }) => text.includes('secret'))?.process).toBe('worker');
    const part = await engine.operations.logs({ text: 'A SECRET of', limit: 10 });
    expect(part.lines).toHaveLength(1);
    const secrets = Object.values(cluster.secrets).map(({ password }) => password);
    const all = JSON.stringify(await engine.operations.logs({ limit: 1_000 }));
    for (const secret of secrets) expect(all).not.toContain(secret);
    await expect((async () => engine.operations.rotateLog())()).rejects.toMatchObject({ code: 'NOT_ENABLED' });
  } finally {
    await engine.stop();
  }
});

it('collects the log of all processes in a file, and begins another one on request', async () => {
  engine = await engineFor(cluster, {
    settings: {
      logging_collector: true,
      log_directory: fs.mkdtempSync('/tmp/pgherd-collected-'),
      log_filename: 'pgpool-%s.log',
      log_statement: true,
    },
  });
  const { log_directory: directory } = Object.fromEntries(
    (await engine.operations.configurationRunning()).parameters.map(({ name, value }) => [name, value]),
  );
  const files = (): string[] => fs.readdirSync(directory ?? '').toSorted();
  const text = (name: string): string => fs.readFileSync(path.join(directory ?? '', name), 'utf8');
  try {
    await work('SELECT 4711');
    const [first = ''] = files();
    await until('the statement is in the file', () => text(first).includes('SELECT 4711'));
    await until('another second', () => `pgpool-${Math.floor(Date.now() / 1_000)}.log` !== files().at(-1));
    await engine.operations.rotateLog({ door: 'control', user: 'console: alice', address: '' });
    expect(files()).toHaveLength(2);
    await work('SELECT 4712');
    await until('the next one is in the other file', () => text(files()[1] ?? '').includes('SELECT 4712'));
    expect(text(first)).toContain('log rotation was asked for by console: alice');
    expect(text(first)).not.toContain('SELECT 4712');
    expect(engine.logText()).not.toContain('SELECT 4711');
  } finally {
    await engine.stop();
    fs.rmSync(directory ?? '', { recursive: true, force: true });
  }
});
