/** A primary that dies is replaced in seconds, and nobody ever writes to it again. */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { type Cluster, ephemeralCluster, type PostgresNode } from '@pgherd/lab';
import type { EngineStatus, HerdEvent } from '@pgherd/operations';
import { afterEach, describe, expect, it } from 'vitest';
import { type Engine, engineFor, type SettingValue } from '../test-support/engine.ts';
import { RawClient } from '../test-support/raw-client.ts';
import { until } from '../test-support/wait.ts';

let cluster: Cluster;
let engine: Engine;

afterEach(async () => {
  await engine?.stop();
  await cluster?.destroy();
});

async function herd(nodes: number, settings: Readonly<Record<string, SettingValue>> = {}): Promise<void> {
  cluster = await ephemeralCluster({
    nodes,
    pgBin: 'embedded',
    initSql: [
      {
        database: 'app',
        sql: 'CREATE TABLE w (id bigserial PRIMARY KEY, n int); GRANT ALL ON ALL TABLES IN SCHEMA public TO app; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO app',
      },
    ],
  });
  engine = await engineFor(cluster, {
    settings: {
      num_init_children: 40,
      failover_by: 'builtin',
      sr_check_period: 1,
      connect_timeout: 1000,
      health_check_period: 1,
      health_check_timeout: 2,
      health_check_user: cluster.secrets.probe.user,
      health_check_password: cluster.secrets.probe.password,
      ...Object.fromEntries(cluster.nodes.map((node) => [`backend_application_name${node.id}`, node.applicationName])),
      ...settings,
    },
  });
  await until('the primary is known and its timeline too', async () => {
    const status = await engine.status();
    return status.primary === 0 && status.nodes.every((node) => node.timeline !== null);
  });
}

const node = (id: number): PostgresNode => cluster.nodes[id] as PostgresNode;
const sign = (): Promise<RawClient> => RawClient.signIn(engine.address, { user: 'app', database: 'app' });

/** Tries until a write is acknowledged; @returns how long that took */
async function untilWritten(limitMs = 15_000): Promise<number> {
  const startedMs = performance.now();
  await until(
    'a write is acknowledged',
    async () => {
      try {
        const client = await sign();
        await client.query('INSERT INTO w (n) VALUES (1)');
        await client.end();
        return true;
      } catch {
        return false;
      }
    },
    limitMs,
  );
  return performance.now() - startedMs;
}

async function untilStatus(what: string, holds: (status: EngineStatus) => boolean, limitMs = 15_000): Promise<void> {
  await until(what, async () => holds(await engine.status()), limitMs);
}

async function event(kind: HerdEvent['kind']): Promise<HerdEvent> {
  const found = await untilEvent(kind);
  return found;
}

async function untilEvent(kind: HerdEvent['kind']): Promise<HerdEvent> {
  let found: HerdEvent | undefined;
  await until(`the event ${kind}`, async () => {
    found = (await engine.operations.events(0)).find((entry) => entry.kind === kind);
    return found !== undefined;
  });
  return found as HerdEvent;
}

describe('a primary killed with -9', () => {
  it('is replaced, the other standby follows, and what is known is told', async () => {
    await herd(3);
    const writer = await sign();
    await writer.query('INSERT INTO w (n) VALUES (0)');
    node(0).kill9();
    expect(await untilWritten()).toBeLessThan(6_000);
    const status = await engine.status();
    expect(status.epoch).toBe(2);
    expect(status.nodes[0]).toMatchObject({ status: 'down', attached: false });
    expect(status.nodes[status.primary as number]).toMatchObject({ role: 'primary', timeline: 2 });
    const done = await event('failoverDone');
    expect(done.details).toMatchObject({ replaced: true, lostBytesAtLeast: 0 });
    expect(done.details['fork']).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/);
    const other = 3 - (status.primary as number);
    await untilStatus(
      'the other standby receives from the new primary',
      ({ nodes }) => nodes[other]?.upstream?.port === node(status.primary as number).port,
    );
    expect((await event('nodeFollows')).node).toBe(other);
    await node(other).query('SELECT pg_wal_replay_pause() WHERE false');
  });

  it('never gets a write again when it comes back, and its loss is told', async () => {
    await herd(2);
    node(0).kill9();
    await untilWritten();
    await node(0).start();
    await untilStatus(
      'the old primary was heard',
      ({ nodes }) => nodes[0]?.timeline === 1 && nodes[0]?.pgStatus !== 'unknown',
    );
    await untilWritten();
    expect((await engine.status()).primary).toBe(1);
    expect(await node(0).query('SELECT count(*)::int AS n FROM w', { database: 'app' })).toEqual([{ n: 0 }]);
    expect((await event('lossKnown')).details['lostBytes']).toBeGreaterThanOrEqual(0);
  });
});

describe('where nobody can take its place', () => {
  it('the primary is the primary again when it is back', async () => {
    await herd(1);
    node(0).kill9();
    await untilStatus('it is missed', (status) => status.nodes[0]?.status === 'down');
    await node(0).start();
    expect(await untilWritten()).toBeLessThan(15_000);
  });
});

describe('a standby that dies', () => {
  it('is detached for a reason, and attached by an operator', async () => {
    await herd(3, { auto_failback: false });
    node(2).kill9();
    await untilStatus('it is detached', ({ nodes }) => nodes[2]?.attached === false);
    const found = await event('nodeDetached');
    expect(found).toMatchObject({ node: 2, by: { door: 'engine', user: 'health check' } });
    await untilWritten(1_000);
    await node(2).start();
    await node(2).query('SELECT 1');
    const begun = await engine.operations.begin({ act: 'attach', node: 2 }, { door: 'cli', user: 'dba', address: '' });
    expect(await engine.operations.ended(begun.id)).toMatchObject({ state: 'done', node: 2 });
    await untilStatus('it is used', ({ nodes }) => nodes[2]?.attached === true && nodes[2].status !== 'down');
  });

  it('comes back by itself with auto_failback', async () => {
    await herd(2, { auto_failback: true, auto_failback_interval: 1 });
    node(1).kill9();
    await untilStatus('it is detached', ({ nodes }) => nodes[1]?.attached === false);
    await node(1).start();
    await untilStatus('it is attached', ({ nodes }) => nodes[1]?.attached === true, 20_000);
    expect(await event('nodeAttached')).toMatchObject({ node: 1, by: { user: 'auto_failback' } });
  });
});

const DBA = { door: 'cli', user: 'dba', address: '' } as const;

describe('a switchover', () => {
  it('moves the primary, loses nothing, and the old primary follows', async () => {
    await herd(3);
    const idle = await sign();
    await idle.query('INSERT INTO w (n) VALUES (7)');
    expect(await engine.operations.rehearse({ act: 'switchover', to: 2, gracefully: false })).toMatchObject({
      possible: true,
      node: 2,
    });
    const begun = await engine.operations.begin({ act: 'switchover', to: 2, gracefully: false }, DBA);
    const ended = await engine.operations.ended(begun.id);
    expect(ended).toMatchObject({ state: 'done', error: null });
    expect(ended.steps.map((step) => step.state)).toEqual(ended.steps.map(() => 'done'));
    expect((await engine.status()).primary).toBe(2);
    await untilWritten(2_000);
    await untilStatus('both others follow', ({ nodes }) =>
      [0, 1].every((id) => nodes[id]?.upstream?.port === node(2).port && nodes[id]?.status !== 'down'),
    );
    expect(await node(2).query('SELECT n FROM w ORDER BY id LIMIT 1', { database: 'app' })).toEqual([{ n: 7 }]);
    const detached = (await engine.operations.events(0)).filter(({ kind }) => kind === 'nodeDetached');
    expect(detached.map(({ message }) => message)).toEqual([]);
  });

  it('is given up before its point of no return, and the old primary serves on', async () => {
    await herd(2);
    await node(1).query('SELECT pg_wal_replay_pause()');
    await node(0).query('INSERT INTO w (n) VALUES (8)', { database: 'app' });
    const begun = await engine.operations.begin({ act: 'switchover', to: 1, gracefully: false }, DBA);
    const ended = await engine.operations.ended(begun.id);
    expect(ended.state).toBe('failed');
    expect(ended.error).toContain('node 1 has not replayed up to');
    expect((await engine.status()).primary).toBe(0);
    await untilWritten(5_000);
  });

  it('is refused with a reason where the candidate is no standby', async () => {
    await herd(2);
    await expect(
      Promise.resolve(engine.operations.begin({ act: 'switchover', to: 0, gracefully: false }, DBA)),
    ).rejects.toMatchObject({ code: 'NOTHING_TO_DO', message: 'node 0 is the primary already' });
    await expect(
      Promise.resolve(engine.operations.begin({ act: 'switchover', to: 9, gracefully: false }, DBA)),
    ).rejects.toMatchObject({ code: 'NO_SUCH_NODE' });
  });
});

describe('an operator', () => {
  it('gives a living primary up: another one is promoted, and the old one gets no write', async () => {
    await herd(2, { auto_failback: true, auto_failback_interval: 1 });
    const begun = await engine.operations.begin({ act: 'failover', to: null, acceptLoss: false }, DBA);
    expect(await engine.operations.ended(begun.id)).toMatchObject({ state: 'done', node: 1 });
    await untilWritten(3_000);
    const status = await engine.status();
    expect(status.primary).toBe(1);
    expect(status.nodes[0]).toMatchObject({ attached: false, decidedBy: 'dba via cli' });
    expect(await node(0).query('SELECT count(*)::int AS n FROM w', { database: 'app' })).toEqual([{ n: 0 }]);
  });

  it('detaches gracefully: new clients wait until those that are there have left', async () => {
    await herd(2, { recovery_timeout: 20 });
    const there = await sign();
    const begun = await engine.operations.begin({ act: 'detach', node: 1, gracefully: true }, DBA);
    const late = sign();
    let cameIn = false;
    void late.then(() => {
      cameIn = true;
    });
    await there.query('INSERT INTO w (n) VALUES (3)');
    await there.query('SELECT 1');
    expect(cameIn).toBe(false);
    expect((await engine.status()).nodes[1]?.attached).toBe(true);
    await there.end();
    expect(await engine.operations.ended(begun.id)).toMatchObject({ state: 'done' });
    expect((await engine.status()).nodes[1]?.attached).toBe(false);
    await (await late).end();
  });

  it('detaches a standby for good: auto_failback leaves it out', async () => {
    await herd(2, { auto_failback: true, auto_failback_interval: 1 });
    const begun = await engine.operations.begin({ act: 'detach', node: 1, gracefully: false }, DBA);
    await engine.operations.ended(begun.id);
    const looks = (await engine.status()).nodes[1]?.healthCheck.total ?? 0;
    await untilStatus('it was looked at a few times', ({ nodes }) => (nodes[1]?.healthCheck.total ?? 0) > looks + 2);
    expect((await engine.status()).nodes[1]?.attached).toBe(false);
  });
});

describe('online recovery', () => {
  it('makes a dead primary a standby of its successor while clients write', async () => {
    await herd(2);
    node(0).kill9();
    await untilWritten();
    const writer = await sign();
    const begun = await engine.operations.begin({ act: 'recover', node: 0 }, DBA);
    let written = 0;
    let over = false;
    const end = engine.operations.ended(begun.id).finally(() => {
      over = true;
    });
    while (!over) {
      await writer.query('INSERT INTO w (n) VALUES (2)');
      written++;
    }
    const ended = await end;
    expect(ended).toMatchObject({ state: 'done', error: null });
    expect(ended.progress?.doneBytes).toBeGreaterThan(1_000_000);
    await untilStatus(
      'it streams and is attached',
      ({ nodes }) => nodes[0]?.attached === true && nodes[0].upstream?.port === node(1).port,
    );
    await until('it has replayed all of it', async () => {
      const [row] = await node(0).query<{ n: number }>('SELECT count(*)::int AS n FROM w WHERE n = 2', {
        database: 'app',
      });
      return row?.n === written;
    });
  });
});

describe('failover_command', () => {
  /** Writes its arguments down and promotes the node that it is told to. */
  function script(name: string, body: string): string {
    const file = path.join(cluster.dir, name);
    const { superuser } = cluster.secrets;
    const pgModule = createRequire(import.meta.url).resolve('pg');
    const head =
      `import fs from 'node:fs'; import { createRequire } from 'node:module';\n` +
      `const pg = createRequire(import.meta.url)(${JSON.stringify(pgModule)});\n` +
      `const args = process.argv.slice(2); fs.appendFileSync(${JSON.stringify(`${file}.args`)}, JSON.stringify(args) + '\\n');\n` +
      `console.log('${name} runs');\n` +
      `const sql = async (host, port, text) => { const c = new pg.Client({ host, port: Number(port), user: ${JSON.stringify(superuser.user)}, password: ${JSON.stringify(superuser.password)}, database: 'postgres' }); await c.connect(); await c.query(text); await c.end(); };\n`;
    fs.writeFileSync(`${file}.mjs`, head + body);
    return `${process.execPath} ${file}.mjs`;
  }
  const argumentsOf = (name: string): unknown[] => {
    try {
      const text = fs.readFileSync(path.join(cluster.dir, `${name}.args`), 'utf8');
      return text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown);
    } catch {
      return [];
    }
  };

  it('promotes, follow_primary_command brings the others along, and failback_command hears of it', async () => {
    await herd(3, { failover_by: '', failover_user: '' });
    const failover = script(
      'failover',
      `if (args[0] === args[6]) await sql(args[5], args[8], 'SELECT pg_promote(true, 20)');`,
    );
    const follow = script('follow', `process.exit(0);`);
    const failback = script('failback', '');
    const all = '%d %h %p %D %m %H %M %P %r %R %N %S';
    engine.configure({
      failover_command: `${failover} ${all} 2>&1 | cat`,
      follow_primary_command: `${follow} ${all}`,
      failback_command: `${failback} "%h" "%D"`,
      ...Object.fromEntries(cluster.nodes.map(({ id, dataDir }) => [`backend_data_directory${id}`, dataDir])),
    });
    expect(await engine.reload()).toMatchObject({ ok: true });
    node(0).kill9();
    expect(await untilWritten()).toBeLessThan(10_000);
    expect((await engine.status()).primary).toBe(1);
    const [old, next] = [node(0), node(1)];
    expect(argumentsOf('failover')).toEqual([
      [
        '0',
        old.host,
        String(old.port),
        old.dataDir,
        '1',
        next.host,
        '0',
        '0',
        String(next.port),
        next.dataDir,
        old.host,
        String(old.port),
      ],
    ]);
    await until('the other standby is told to follow', () => argumentsOf('follow').length === 1);
    const { host, port, dataDir } = node(2);
    expect(argumentsOf('follow')).toEqual([
      [
        '2',
        host,
        String(port),
        dataDir,
        '1',
        next.host,
        '0',
        '0',
        String(next.port),
        next.dataDir,
        old.host,
        String(old.port),
      ],
    ]);
    expect(engine.logText()).toContain('execute command: ');
    expect(engine.logText()).toContain('LOG:  failover runs');
    await untilStatus(
      'it is left out until the command has brought it back',
      ({ nodes }) => nodes[2]?.attached === false,
    );
    const begun = await engine.operations.begin({ act: 'attach', node: 2 }, DBA);
    await engine.operations.ended(begun.id);
    await until('failback_command has run', () => argumentsOf('failback').length === 1);
    expect(argumentsOf('failback')).toEqual([[node(2).host, node(2).dataDir]]);
  });

  it('that does nothing leaves the herd without a primary, and says so until somebody promotes', async () => {
    await herd(2, { failover_by: '', failover_command: 'echo nobody is promoted', search_primary_node_timeout: 2 });
    node(0).kill9();
    await event('primaryLost');
    expect((await engine.status()).notReady.join()).toContain('no primary node is known');
    await node(1).promote();
    await untilWritten();
    expect((await engine.status()).primary).toBe(1);
  });
});

describe('pgpool_status', () => {
  it('keeps a detached node out over a restart, and is written as Pgpool-II writes it', async () => {
    await herd(2, { auto_failback: false });
    const begun = await engine.operations.begin({ act: 'detach', node: 1, gracefully: false }, DBA);
    expect(await engine.operations.ended(begun.id)).toMatchObject({ state: 'done' });
    expect(fs.readFileSync(path.join(engine.directory, 'pgpool_status'), 'utf8')).toBe('up\ndown\n');
    expect(await event('nodeDetached')).toMatchObject({ node: 1, by: { door: 'cli', user: 'dba' } });
  });
});

describe('health_check_test', () => {
  it('fails a check on request, and the line is marked as done', async () => {
    await herd(2, { health_check_test: true, auto_failback: false });
    const file = path.join(engine.directory, 'backend_down_request');
    fs.writeFileSync(file, '1\tdown\n');
    await untilStatus('the node is detached', ({ nodes }) => nodes[1]?.attached === false);
    expect(fs.readFileSync(file, 'utf8')).toBe('1\talready_down\n');
  });
});

describe('a primary that is frozen', () => {
  it('is replaced, and thawed it changes nothing', async () => {
    await herd(2);
    node(0).freeze();
    try {
      await untilStatus('it is replaced', (status) => status.primary === 1, 12_000);
      await untilWritten();
    } finally {
      node(0).thaw();
    }
    await untilStatus(
      'it was heard again',
      ({ nodes }) => nodes[0]?.reason?.includes('health') === true || nodes[0]?.timeline === 1,
    );
    await untilWritten();
    expect((await engine.status()).primary).toBe(1);
  });
});
