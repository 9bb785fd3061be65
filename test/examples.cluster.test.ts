/** The programs in `examples/` do what they say. */
import { execFile } from 'node:child_process';
import { type Cluster, ephemeralCluster } from '@pgherd/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, engineFor } from '../packages/engine/test-support/engine.ts';
import { root } from './checks.ts';

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

function routingCheck(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['examples/routing-check.mjs', ...args],
      { cwd: root, timeout: 60_000 },
      (error, out, stderr) => resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, error: stderr }),
    );
  });
}

describe('examples/routing-check.mjs', () => {
  let cluster: Cluster;
  const engines: Engine[] = [];

  beforeAll(async () => {
    cluster = await ephemeralCluster({ nodes: 3, pgBin: 'embedded', maxConnections: 150 });
    for (const weights of [
      [0, 1, 1],
      [1, 0, 1],
    ]) {
      engines.push(
        await engineFor(cluster, {
          settings: {
            num_init_children: 40,
            load_balance_mode: true,
            statement_level_load_balance: true,
            read_after_write: 'session',
            sr_check_period: 1,
            ...Object.fromEntries(weights.map((weight, id) => [`backend_weight${id}`, weight])),
          },
        }),
      );
    }
  });

  afterAll(async () => {
    await Promise.all(engines.map((engine) => engine.stop()));
    await cluster?.destroy();
  });

  const uri = (proxy: number): string => {
    const { user, password } = cluster.secrets.app;
    return (engines[proxy] as Engine).url(user, 'app', password);
  };
  const port = (node: number): number => cluster.nodes[node]?.port ?? 0;

  /** Reads by port, as printed. */
  const shares = (text: string): Map<number, number> =>
    new Map([...text.matchAll(/%\s+(\d+)\s+127\.0\.0\.1:(\d+)/g)].map(([, n, at]) => [Number(at), Number(n)]));

  it('tells where reads went, and leaves nothing behind', async () => {
    const { code, out, error } = await routingCheck(uri(0), '--reads', '400', '--sessions', '8');
    expect(error).toBe('');
    expect(code, out).toBe(0);
    expect(out).not.toContain(cluster.secrets.app.password);
    expect(out).toContain(`INSERT ... RETURNING, at 127.0.0.1:${port(0)}`);
    const found = shares(out);
    expect([...found.values()].reduce((sum, n) => sum + n, 0)).toBe(400);
    // The session that wrote reads from the primary until the standbys have caught up.
    expect(found.get(port(1))).toBeGreaterThan(60);
    expect(found.get(port(2))).toBeGreaterThan(60);
    const left = await cluster.primary.query(
      "SELECT relname FROM pg_class WHERE relname LIKE 'routing_check%' UNION SELECT proname FROM pg_proc WHERE proname LIKE 'routing_check%'",
      { database: 'app' },
    );
    expect(left).toEqual([]);
  });

  it('compares several proxies', async () => {
    const { code, out, error } = await routingCheck('--reads', '300', uri(0), uri(1));
    expect(error).toBe('');
    expect(code, out).toBe(0);
    const [first = '', second = '', all = ''] = out.split(/^(?:postgres:.*|all 2 together)\n/m).slice(1);
    expect(shares(first).get(port(1))).toBeGreaterThan(0);
    expect(shares(second).get(port(1))).toBeUndefined();
    expect([...shares(all).values()].reduce((sum, n) => sum + n, 0)).toBe(600);
    expect(all).toContain(`all write at 127.0.0.1:${port(0)} primary`);
  });

  it.each([
    ['without a URI', [], 2, 'a connection URI is missing'],
    ['with another word', ['localhost:5432'], 2, '"localhost:5432" is not a postgres:// URI'],
    ['with no number', ['--reads', 'many', 'postgres://a@b/c'], 2, '--reads needs a number from 1 to 9999999'],
    ['with an unknown option', ['--fast'], 2, "Unknown option '--fast'"],
    ['where nobody listens', ['postgres://a:secret@127.0.0.1:1/b'], 3, 'cannot connect to postgres://a@127.0.0.1:1/b'],
  ])('%s says what is wrong', async (_name, args, code, text) => {
    const ended = await routingCheck(...args);
    expect(ended).toMatchObject({ code, error: expect.stringContaining(text) });
    expect(ended.out + ended.error).not.toContain('secret');
  });

  it('says so where the user may make no table', async () => {
    await cluster.primary.query("CREATE ROLE poor LOGIN PASSWORD 'poor-secret'");
    const { host } = engines[0] as Engine;
    const { code, error } = await routingCheck(`postgres://poor:poor-secret@${host}:${port(0)}/app`);
    expect(error).toContain('not checked: cannot make a table: permission denied for schema public');
    expect(code).toBe(3);
  });
});
