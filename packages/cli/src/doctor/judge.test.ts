/** What is hard to plant in a real herd: old servers, split brains, proxies that do not answer. */
import { parseConfig, type Settings } from '@pgherd/config';
import type { EngineStatus } from '@pgherd/operations';
import { expect, test } from 'vitest';
import { FakeOperations } from '../../../control/src/testing/fake-operations.ts';
import type { Account, EngineFacts, Facts, NodeFacts, ServerFacts } from './facts.ts';
import { judge } from './judge.ts';

const SERVER: ServerFacts = {
  isRecovering: false,
  version: 150_004,
  isMonitor: true,
  systemIdentifier: '7',
  timeline: 1,
  recoveryTargetTimeline: 'latest',
  walKeepSize: '0',
  walSendersMax: 10,
  slotsMax: 10,
  primarySlotName: 'slot',
  allowAlterSystem: null,
  receiver: null,
};
const STANDBY: ServerFacts = { ...SERVER, isRecovering: true, receiver: 'streaming' };
const RIGHTS = { promote: true, reloadConf: true, alterSystem: true, replication: true, readSettings: true };
const ACCOUNT: Account = {
  user: 'pgherd_ops',
  parameter: 'failover_user',
  passwordParameter: 'failover_password',
  database: 'postgres',
  password: 'x',
  entry: null,
  fromParameter: true,
};

function settingsOf(more: string): Settings {
  const nodes = [0, 1].map(
    (id) =>
      `backend_hostname${id} = 'db${id}'\nbackend_port${id} = 5432\nbackend_weight${id} = 1\nbackend_application_name${id} = 's${id}'\n`,
  );
  const text = `${nodes.join('')}load_balance_mode = on\nfailover_by = builtin\nhealth_check_period = 5\nadmin_users = 'a'\n${more}`;
  const result = parseConfig({ text, file: '/etc/pgpool.conf' });
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.settings;
}

/** A herd of two that is well, but for what is said. */
function facts(
  over: Partial<Facts> & { readonly conf?: string; readonly servers?: readonly (Partial<ServerFacts> | null)[] } = {},
): Facts {
  const settings = settingsOf(over.conf ?? '');
  const servers = over.servers ?? [{}, {}];
  const nodes = settings.backends.map((backend, i): NodeFacts => {
    const own = servers[i];
    const server = own === null ? null : { ...(i === 0 ? SERVER : STANDBY), ...own };
    return { backend, reach: { ok: true }, signIns: [], server, rights: RIGHTS };
  });
  return {
    config: '/etc/pgpool.conf',
    settings: { ...settings, sr_check_user: 'probe' },
    issues: [],
    nodes,
    accounts: [ACCOUNT],
    passwordFile: null,
    pcp: {
      file: 'pcp.conf',
      conf: { entries: [{ user: 'a', hash: '0'.repeat(32) }], warnings: [] },
      reason: '',
      asked: null,
    },
    ports: [],
    peers: [],
    engine: { state: 'off' },
    replaced: [],
    ...over,
  };
}

const wrong = (over: Parameters<typeof facts>[0]): string[] =>
  judge(facts(over))
    .filter(({ verdict }) => verdict !== 'ok')
    .map(({ verdict, name, found }) => `${verdict} ${name}: ${found}`);

const running = (
  over: Partial<EngineStatus>,
  readGoesTo: (EngineFacts & { state: 'answers' })['readGoesTo'] = null,
): EngineFacts => {
  const status = new FakeOperations().status();
  return { state: 'answers', status: { ...status, nodes: status.nodes.slice(0, 2), ...over }, readGoesTo };
};

test('a herd that is well has nothing said against it', () => {
  expect(wrong({})).toEqual([]);
});

test.each([
  [{ servers: [{ version: 120_010 }, {}] }, 'bad failover: node 0 (db0:5432) is older than PostgreSQL 13'],
  [{ servers: [{}, { allowAlterSystem: false }] }, 'bad failover: allow_alter_system is off at node 1'],
  [{ servers: [{}, { recoveryTargetTimeline: '3' }] }, 'bad failover: recovery_target_timeline is "3" at node 1'],
  [{ servers: [{ walSendersMax: 0 }, {}] }, 'bad failover: max_wal_senders is 0 at node 0'],
  [
    { servers: [{}, { primarySlotName: '' }] },
    'warn failover: node 1 (db1:5432) streams without a slot, and wal_keep_size is 0',
  ],
  [
    { servers: [{}, { receiver: null }] },
    'bad replication: node 1 (db1:5432) receives nothing (its WAL receiver is not there)',
  ],
  [{ servers: [{}, { systemIdentifier: '8' }] }, 'bad replication: these are servers of different herds'],
  [
    { servers: [{}, { isRecovering: false, timeline: 2 }] },
    'bad primary: several servers take writes: node 0 (db0:5432) on timeline 1, node 1 (db1:5432) on timeline 2',
  ],
  [
    { conf: "app_name_redirect_preference_list = '.*:0(1.0)'\n" },
    'bad reads: app_name_redirect_preference_list sends everything to the primary',
  ],
  [{ conf: 'sr_check_period = 0\n' }, 'warn primary: sr_check_period is 0'],
  [{ conf: "backend_application_name1 = ''\n" }, 'warn replication: backend_application_name1 is empty'],
  [
    { engine: { state: 'mute', pid: 7, reason: 'no token' } },
    'warn engine: process 7 runs, but cannot be asked: no token',
  ],
  [
    { engine: running({ ready: false, notReady: ['no worker'] }) },
    'bad engine: the proxy runs, but clients cannot be served: no worker',
  ],
  [
    { engine: running({ primary: 1 }) },
    'bad primary: node 0 (db0:5432) takes writes, but the running engine believes in node 1',
  ],
  [
    { engine: running({}, { node: 0, rule: 'delay_threshold', value: 'all standbys are behind', among: [] }) },
    'bad reads: the running engine sends SELECT 1 to the primary: delay_threshold (all standbys are behind)',
  ],
  [
    { ports: [{ parameter: 'port', host: 'localhost', port: 9999, state: 'silent', reason: 'no answer' }] },
    'bad port: port (localhost:9999) is not answered although the proxy runs: no answer',
  ],
  [
    { ports: [{ parameter: 'metrics_port', host: 'localhost', port: 9719, state: 'silent', reason: 'no answer' }] },
    'warn port: metrics_port (localhost:9719) is not answered',
  ],
  [
    { conf: "control_listen_addresses = '*'\ncontrol_tls_cert = 'c'\ncontrol_tls_key = 'k'\n" },
    'warn safety: control_listen_addresses (*) is reached from other hosts, and a token is all',
  ],
] as [Parameters<typeof facts>[0], string][])('%j is found', (over, found) => {
  expect(wrong(over)).toEqual([expect.stringContaining(found)]);
});

test.each([
  [{ servers: [{}, { primarySlotName: '', walKeepSize: '1GB' }] }],
  [{ servers: [{ walKeepSize: '0' }, {}] }],
  [{ engine: running({}, { node: 0, rule: 'draw', value: '0.75', among: [0, 1] }) }],
  [{ engine: running({}, { node: 1, rule: 'draw', value: '0.25', among: [0, 1] }) }],
  [{ servers: [null, {}], conf: "backend_flag0 = 'ALWAYS_PRIMARY'\nsr_check_period = 0\n" }],
  [
    {
      conf: "database_redirect_preference_list = 'reports.*:primary'\nprimary_routing_query_pattern_list = '.*for update.*'\n",
    },
  ],
  [{ conf: "control_listen_addresses = '127.0.0.1,::1'\n" }],
] as [Parameters<typeof facts>[0]][])('%j is no fault', (over) => {
  expect(wrong(over)).toEqual([]);
});

const GONE: NodeFacts['reach'] = { ok: false, reason: 'connection refused', kind: 'refused' };
const remedies = (nodes: readonly NodeFacts[], more: Partial<Facts> = {}): string[] =>
  judge(facts({ nodes, ...more })).flatMap(({ name, remedy }) =>
    remedy !== null && ['connection', 'primary'].includes(name) ? [remedy] : [],
  );

test('a primary that was replaced is to be recovered, and not to be started', () => {
  const nodes = facts({ servers: [null, { isRecovering: false, timeline: 2, receiver: null }] }).nodes.map((node, i) =>
    i === 0 ? { ...node, reach: GONE } : node,
  );
  const [remedy, ...others] = remedies(nodes, { replaced: [0] });
  expect(remedy).toBe('Do not start it as it is: make it a standby of the primary with "pgherd recover 0".');
  expect(others).toEqual([]);
});

test('of a herd that was stopped nobody is to be promoted', () => {
  const nodes = facts({ servers: [null, null] }).nodes.map((node) => ({ ...node, reach: GONE }));
  expect(remedies(nodes).at(-1)).toBe('Start the servers: "pgherd up" starts those that it has made.');
  const left = remedies(nodes, { replaced: [0] }).at(-1);
  expect(left).toContain('Start the servers, but not node 0, whose place was taken');
});
