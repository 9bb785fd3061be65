/** SHOW pool_* and PGPOOL SHOW: what the proxy answers itself, in Pgpool-II's columns and words. */
import { type Cluster, ephemeralCluster } from '@pgherd/lab';
import { Backend, decodeRowDescription, encodeQuery } from '@pgherd/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, engineFor } from '../test-support/engine.ts';
import { type Answer, describeFrames, RawClient } from '../test-support/raw-client.ts';
import { until } from '../test-support/wait.ts';

let cluster: Cluster;
let engine: Engine;
let client: RawClient;

beforeAll(async () => {
  cluster = await ephemeralCluster({ nodes: 1, pgBin: 'embedded' });
  engine = await engineFor(cluster, {
    settings: { num_init_children: 4, sr_check_period: 1, health_check_period: 1, max_pool: 3, backend_weight0: 1 },
  });
  client = await RawClient.signIn(engine.address, { user: 'app', database: 'app' });
});

afterAll(async () => {
  await client?.end();
  await engine?.stop();
  await cluster?.destroy();
});

function columns(answer: Answer): string[] {
  const [frame] = answer.frames.filter(({ type }) => type === Backend.ROW_DESCRIPTION);
  return frame === undefined ? [] : decodeRowDescription(frame.body).map(({ name }) => name);
}

describe('SHOW pool_nodes', () => {
  it('has a row for each node', async () => {
    const answer = await client.query('SHOW pool_nodes');
    expect(columns(answer).join(' ')).toBe(
      'node_id hostname port status pg_status lb_weight role pg_role select_cnt load_balance_node replication_delay ' +
        'replication_state replication_sync_state last_status_change',
    );
    const { host, port } = cluster.primary;
    expect(answer.rows).toEqual([
      [
        ...['0', host, String(port), 'up', expect.stringMatching(/^(up|unknown)$/), '1.000000', 'primary'],
        ...[expect.stringMatching(/^(primary|unknown)$/), expect.stringMatching(/^\d+$/), 'true', '0', '', ''],
        expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
      ],
    ]);
    expect(answer.tags).toEqual(['SELECT 1']);
  });

  it.each([
    'show POOL_NODES;',
    '  SHOW\n\tpool_nodes  ; ',
    '/* a comment */ SHOW pool_nodes -- another',
    '-- a comment\nSHOW pool_nodes',
  ])('%j', async (sql) => {
    expect((await client.query(sql)).tags).toEqual(['SELECT 1']);
  });

  it('in a transaction says what state that is in', async () => {
    for (const [sql, status] of [
      ['BEGIN', 'T'],
      ['SELECT 1/0', 'E'],
      ['ROLLBACK', 'I'],
    ] as const) {
      await client.query(sql);
      const answer = await client.query('SHOW pool_nodes');
      expect([answer.tags, answer.status]).toEqual([['SELECT 1'], status]);
    }
  });

  it('keeps its place among other statements of a pipeline', async () => {
    client.send(...['SELECT 1', 'SHOW pool_version', 'SELECT 2; SELECT 3'].map((sql) => encodeQuery(sql)));
    const answers = [await client.answer(), await client.answer(), await client.answer()];
    expect(answers.map(({ rows }) => rows.map(([value]) => value))).toEqual([
      ['1'],
      [expect.stringMatching(/^4\.7\.\d+ \(.+\)$/)],
      ['2', '3'],
    ]);
  });
});

describe('SHOW', () => {
  it('pool_version', async () => {
    const answer = await client.query('SHOW pool_version');
    expect(columns(answer)).toEqual(['pool_version']);
    expect(describeFrames(answer.frames)).toEqual(['T', 'D', 'C:SELECT 1', 'Z:I']);
  });

  it('pool_status: settings, then the state of each backend', async () => {
    const answer = await client.query('SHOW pool_status');
    expect(columns(answer)).toEqual(['item', 'value', 'description']);
    const values = new Map(answer.rows.map(([item, value]) => [item, value]));
    expect(Object.fromEntries(values)).toMatchObject({
      backend_clustering_mode: '1',
      unix_socket_permissions: '0777',
      max_pool: '3',
      num_init_children: '4',
      enable_pool_hba: '1',
      ssl: '0',
      authentication_timeout: '60',
      log_error_verbosity: '1',
      client_min_messages: '18',
      log_min_messages: '19',
      log_backend_messages: '1',
      reset_query_list: 'ABORT;DISCARD ALL',
      sr_check_password: '*****',
      health_check_password: '*****',
      wd_lifecheck_password: '*****',
      connect_timeout: '10000',
      search_primary_node_timeout: '300',
      memqcache_total_size: '67108864',
      backend_port0: String(cluster.primary.port),
      backend_weight0: '1.000000',
      backend_status0: 'up',
      backend_flag0: 'ALLOW_TO_FAILOVER',
    });
    expect([...values.keys()].slice(0, 3)).toEqual(['backend_clustering_mode', 'listen_addresses', 'port']);
    expect(answer.rows.at(-1)?.[0]).toBe('backend_application_name0');
    expect(answer.rows.every(([item, value, text]) => item && value !== 'undefined' && text)).toBe(true);
    expect(answer.tags).toEqual([`SELECT ${answer.rows.length}`]);
  });

  it('pool_cache: zeros', async () => {
    const { rows } = await client.query('SHOW pool_cache');
    expect(rows).toEqual([['0', '0', '0.00', '0', '0', '0', '0', '0', '0']]);
  });

  it('pool_health_check_stats: counts, durations and times by node', async () => {
    const stats = async (): Promise<Answer> => client.query('SHOW pool_health_check_stats');
    expect(columns(await stats()).join(' ')).toBe(
      'node_id hostname port status role last_status_change total_count success_count fail_count skip_count ' +
        'retry_count average_retry_count max_retry_count max_duration min_duration average_duration ' +
        'last_health_check last_successful_health_check last_skip_health_check last_failed_health_check',
    );
    const [row] = await until('a health check', async () => {
      const { rows } = await stats();
      return Number(rows[0]?.[6]) > 0 ? rows : null;
    });
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    const count = expect.stringMatching(/^[1-9]\d*$/);
    const { host, port } = cluster.primary;
    expect(row).toEqual([
      ...['0', host, String(port), 'up', 'primary', time, count, count, '0', '0', '0', '0.000000', '0'],
      ...[expect.stringMatching(/^\d+$/), expect.stringMatching(/^\d+$/), expect.stringMatching(/^\d+\.\d{6}$/)],
      ...[time, time, '', ''],
    ]);
  });

  it('pool_backend_stats: statements and errors by node', async () => {
    const answer = await client.query('SHOW pool_backend_stats');
    expect(columns(answer).join(' ')).toBe(
      'node_id hostname port status role select_cnt insert_cnt update_cnt delete_cnt ddl_cnt other_cnt ' +
        'panic_cnt fatal_cnt error_cnt',
    );
    const { host, port } = cluster.primary;
    expect(answer.rows).toEqual([
      ['0', host, String(port), 'up', 'primary', ...Array.from({ length: 9 }, () => expect.stringMatching(/^\d+$/))],
    ]);
  });

  it('of any other name is the business of the server', async () => {
    const { errors } = await client.query('SHOW pool_x');
    expect(errors[0]?.message).toBe('unrecognized configuration parameter "pool_x"');
  });
});

describe('PGPOOL SHOW', () => {
  it.each(['PGPOOL SHOW max_pool', 'pgpool show MAX_POOL;', '/* c */ PGPOOL SHOW "max_pool" -- c'])(
    '%s: one column with the name',
    async (sql) => {
      const answer = await client.query(sql);
      expect(columns(answer)).toEqual(['max_pool']);
      expect(answer.rows).toEqual([['3']]);
      expect(answer.tags).toEqual(['SELECT 1']);
    },
  );

  it('of a group, or of everything: items with value and description', async () => {
    const group = await client.query('PGPOOL SHOW backend');
    expect(columns(group)).toEqual(['item', 'value', 'description']);
    expect(group.rows.map(([item]) => item)).toEqual(
      ['hostname', 'port', 'weight', 'data_directory', 'application_name', 'flag'].map((name) => `backend_${name}0`),
    );
    const all = await client.query('PGPOOL SHOW ALL');
    expect(columns(all)).toEqual(['item', 'value', 'description']);
    expect(all.rows.length).toBeGreaterThan(150);
  });

  it('of a name that nobody knows is an error, and the session goes on', async () => {
    const { errors, status } = await client.query('PGPOOL SHOW nothing');
    expect(errors[0]?.message).toBe('config variable "nothing" not found');
    expect(status).toBe('I');
  });

  it('of nothing is a syntax error of the server', async () => {
    expect((await client.query('PGPOOL SHOW')).errors[0]?.message).toBe('syntax error at or near "PGPOOL"');
  });
});
