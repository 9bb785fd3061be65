/** The tables against PostgreSQL itself: a new version has to make these tests speak. */
import { type Cluster, ephemeralCluster } from '@pgherd/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUILTIN_OPERATORS, BUILTIN_TYPES } from '../classify/builtin-names.ts';
import { functionBelongsToServer, settingBelongsToServer } from './server-functions.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await ephemeralCluster({ nodes: 1, pgBin: 'embedded' });
});

afterAll(async () => {
  await cluster?.destroy();
});

/** What a name of server state looks like. */
const SUSPICIOUS = new RegExp(
  [
    ...[
      '^pg_stat',
      'current',
      'last',
      '^inet_',
      '_pid',
      'snapshot',
      'xact',
      'txid',
      'wal',
      'backend',
      'lock',
      'cursor',
    ],
    ...[
      'recovery',
      'control',
      'conf',
      'postmaster',
      'session',
      'setting',
      'prepared',
      'listen',
      'temp',
      'trigger_depth',
    ],
    ...['server', 'port', 'standby', 'replica', 'slot', 'origin', 'hba', 'file', 'memory', 'progress', 'publication'],
    ...['subscription', 'notif', 'timeline', 'promote', 'sequence', 'shmem', 'buffer', 'numa', 'aio', 'slru', 'user'],
    ...[
      'version',
      'available',
      'location',
      'to_xml$',
      'to_xml_and',
      'pg_config',
      'walfile',
      'summar',
      'module',
      'timezone',
    ],
  ].join('|'),
);

/** Judged: they compute, read what replication brings, or hang on what every server gets from the session. */
const HARMLESS = new RegExp(
  `^(?:${[
    // Support functions of the planner, of operator classes and of types.
    ...[
      '.*_support',
      '.*(?:sort|skip)support',
      '.*subscript_handler.*',
      '(?:pg_lsn|pg_snapshot|txid_snapshot|inet_gist|inet_spg)_.*',
      'inet_(?:in|out|recv|send|merge|same_family)',
    ],
    ...['numeric_pl_pg_lsn', 'reg(?:config|role|collation).*', 'brin_.*', 'spg_.*_config'],
    ...['pg_visible_in_snapshot', 'txid_visible_in_snapshot', 'block.*', 'jsonb_path_.*'],
    // Session, as every server has it.
    ...['current_(?:database|schemas?|user|setting)', 'session_user', 'getpgusername', 'get_current_ts_config'],
    // The catalog.
    ...[
      'has_(?:sequence|server)_privilege',
      'pg_get_(?:publication_tables|replica_identity_index|userbyid)',
      'enum_last',
    ],
    ...['pg_(?:conversion|template|ts_config|ts_template|statistics_obj)_is_visible', 'pg_get_serial_sequence'],
    ...['pg_sequence_parameters', 'pg_replication_origin_oid', 'pg_settings_get_flags', 'pg_filenode_relation'],
    ...['pg_relation_file(?:node|path)', 'pg_get_statisticsobjdef.*', 'last_value', 'pg_get_functiondef'],
    // Arithmetic and what the program has built in.
    ...['pg_wal_lsn_diff', 'pg_split_walfile_name', 'pg_indexam_progress_phasename', '(?:icu_)?(?:unicode_)?version'],
    ...['uuid_extract_version', 'timezone', 'pg_timezone_.*'],
  ].join('|')})$`,
);

describe('a function that PostgreSQL does not call volatile', () => {
  it('is in the table, or was judged harmless, when its name speaks of a server', async () => {
    const rows = await cluster.primary.query<{ name: string }>(
      `SELECT DISTINCT proname AS name FROM pg_proc
       WHERE pronamespace = 'pg_catalog'::regnamespace AND provolatile <> 'v' ORDER BY 1`,
    );
    const suspicious = rows.map(({ name }) => name).filter((name) => SUSPICIOUS.test(name));
    expect(suspicious.length).toBeGreaterThan(150);
    const unjudged = suspicious.filter((name) => !functionBelongsToServer('pg_catalog', name) && !HARMLESS.test(name));
    expect(unjudged).toEqual([]);
    const both = suspicious.filter((name) => functionBelongsToServer('', name) && HARMLESS.test(name));
    expect(both).toEqual([]);
  });

  it('is in the table when a view on activity or settings calls it', async () => {
    const views = ['pg_stat_activity', 'pg_stat_all_tables', 'pg_stat_replication', 'pg_settings', 'pg_locks'];
    const more = ['pg_cursors', 'pg_prepared_statements', 'pg_prepared_xacts', 'pg_replication_slots', 'pg_stat_wal'];
    for (const view of [...views, ...more]) {
      const [row] = await cluster.primary.query<{ definition: string }>(
        `SELECT pg_get_viewdef('pg_catalog.${view}'::regclass) AS definition`,
      );
      const called = row?.definition.match(/\b[a-z_0-9]+(?=\()/g) ?? [];
      expect(
        called.some((name) => functionBelongsToServer('', name)),
        view,
      ).toBe(true);
    }
  });
});

describe('a setting', () => {
  it('is in the table, or is the same in all of a cluster, when no session can set it', async () => {
    const rows = await cluster.primary.query<{ name: string; context: string }>(
      'SELECT name, context FROM pg_settings',
    );
    const own = rows.filter(({ context }) => ['internal', 'postmaster', 'sighup'].includes(context));
    const same =
      /^(?:block_size|data_checksums|debug_assertions|integer_datetimes|max_function_args|max_identifier_length|max_index_keys|segment_size|server_encoding|server_version|server_version_num|wal_block_size|wal_segment_size)$/;
    expect(own.length).toBeGreaterThan(150);
    expect(own.map(({ name }) => name).filter((name) => !settingBelongsToServer(name) && !same.test(name))).toEqual([]);
  });
});

describe('the built-in names', () => {
  const namesOf = async (sql: string): Promise<string[]> =>
    (await cluster.primary.query<{ name: string }>(sql)).map(({ name }) => name);

  it('have every operator of pg_catalog, and none of these calls a volatile function', async () => {
    const from = `FROM pg_operator o JOIN pg_proc p ON p.oid = o.oprcode WHERE oprnamespace = 'pg_catalog'::regnamespace`;
    const symbols = await namesOf(`SELECT DISTINCT oprname AS name ${from} ORDER BY 1`);
    expect(symbols.filter((symbol) => !BUILTIN_OPERATORS.has(symbol))).toEqual([]);
    expect(await namesOf(`SELECT oprname AS name ${from} AND provolatile = 'v'`)).toEqual([]);
  });

  it('have only types of pg_catalog, and their input, output and casts call no volatile function', async () => {
    const types = new Set(
      await namesOf(`SELECT typname AS name FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace`),
    );
    expect([...BUILTIN_TYPES].filter((type) => !types.has(type))).toEqual([]);
    const volatile = `p.provolatile = 'v' AND p.pronamespace = 'pg_catalog'::regnamespace`;
    expect(
      await namesOf(`SELECT p.proname AS name FROM pg_cast c JOIN pg_proc p ON p.oid = castfunc WHERE ${volatile}`),
    ).toEqual([]);
    expect(
      await namesOf(
        `SELECT p.proname AS name FROM pg_type t JOIN pg_proc p ON p.oid IN (typinput, typoutput) WHERE ${volatile}`,
      ),
    ).toEqual([]);
  });
});
