/** The operator's commands and the control API against a real engine before a real herd. */
import fs from 'node:fs';
import path from 'node:path';
import { createControlClient } from '@pgherd/control/client';
import { type Cluster, ephemeralCluster, freePorts } from '@pgherd/lab';
import type { HerdEvent, NodeStatus, Operation, Plan, SessionFacts } from '@pgherd/operations';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Ended, endAll, PGHERD, Running, run, temporaryFolder, until } from '../testing/program.ts';

let cluster: Cluster;
let dir = '';
let config = '';
let proxy: Running;
let ports: readonly number[] = [];

beforeAll(async () => {
  dir = temporaryFolder();
  [cluster, ports] = await Promise.all([ephemeralCluster({ nodes: 3 }), freePorts(4)]);
  const { probe, ops, app } = cluster.secrets;
  const write = (name: string, text: string): string => {
    fs.writeFileSync(path.join(dir, name), text, { mode: 0o600 });
    return path.join(dir, name);
  };
  write('pool_passwd', [probe, ops, app].map(({ user, password }) => `${user}:TEXT${password}\n`).join(''));
  write('pool_hba.conf', 'host all all 127.0.0.1/32 trust\n');
  write('pcp.conf', '');
  const nodes = cluster.nodes.map(
    ({ id, host, port }) =>
      `backend_hostname${id} = '${host}'\nbackend_port${id} = ${port}\nbackend_weight${id} = 1\nbackend_application_name${id} = 'server${id}'\n`,
  );
  config = write(
    'pgpool.conf',
    `${nodes.join('')}listen_addresses = '127.0.0.1'\nport = ${ports[0]}\npcp_port = ${ports[1]}\ncontrol_port = ${ports[2]}
metrics_port = ${ports[3]}\nunix_socket_directories = '${dir}'\npcp_socket_dir = '${dir}'\npid_file_name = '${dir}/pid'
work_dir = '${dir}'\nenable_pool_hba = on\nload_balance_mode = on\nsr_check_user = '${probe.user}'\nsr_check_period = 1
health_check_user = '${probe.user}'\nhealth_check_period = 1\nfailover_by = builtin\nfailover_user = '${ops.user}'\n`,
  );
  proxy = new Running(PGHERD, ['serve', '-f', config], { deadlineMs: 300_000 });
  await until('it serves', async () => (await pgherd('status')).code === 0);
});
afterAll(async () => {
  await endAll();
  await cluster.destroy();
  fs.rmSync(dir, { recursive: true });
});

const pgherd = (...args: string[]): Promise<Ended> => run(PGHERD, [...args, '-f', config]);
async function json<T>(...args: string[]): Promise<T> {
  const { stdout, stderr } = await pgherd(...args, '--json');
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as T;
}
async function events(since = 0): Promise<HerdEvent[]> {
  const { stdout } = await pgherd('events', '--json', '--since', String(since));
  return stdout
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as HerdEvent);
}

test('the tokens are made at the first start, for their owner alone', () => {
  expect(fs.statSync(path.join(dir, 'control_token')).mode & 0o777).toBe(0o600);
});

test('nodes, sessions and the plan are those of the herd', async () => {
  await until('lag is measured', async () =>
    (await json<NodeStatus[]>('nodes')).every(({ lagBytes }) => lagBytes !== null),
  );
  expect((await json<NodeStatus[]>('nodes')).map(({ id, port, role }) => [id, port, role])).toEqual(
    cluster.nodes.map(({ id, port }) => [id, port, id === 0 ? 'primary' : 'standby']),
  );
  const client = new pg.Client({ host: '127.0.0.1', port: ports[0] as number, user: 'app', database: 'app' });
  await client.connect();
  await client.query("SELECT 'a word of mine'");
  const [session, ...others] = await json<SessionFacts[]>('sessions');
  expect(others).toEqual([]);
  expect(session).toMatchObject({ user: 'app', database: 'app', host: '127.0.0.1' });
  await client.end();
  await until('it is gone', async () => (await json<SessionFacts[]>('sessions')).length === 0);
  const plans = await json<Plan[]>('plan');
  expect(plans.map(({ node, outcome }) => [node, outcome])).toEqual([
    [0, 'failover'],
    [1, 'readsMove'],
    [2, 'readsMove'],
  ]);
  expect(plans[0]?.candidate).not.toBeNull();
});

test('a node is left out and used again, and the journal says who wished it', async () => {
  const since = (await events()).at(-1)?.seq ?? 0;
  const detached = await json<Operation>('detach', '2');
  expect(detached).toMatchObject({ act: 'detach', node: 2, state: 'done', by: { door: 'control', user: 'admin' } });
  expect((await json<NodeStatus[]>('nodes'))[2]?.status).toBe('down');
  const again = await pgherd('detach', '2');
  expect([again.code, again.stderr]).toEqual([3, expect.stringContaining('node 2')]);
  expect((await pgherd('attach', '2')).code).toBe(0);
  await until('it is used again', async () => /up|waiting/.test((await json<NodeStatus[]>('nodes'))[2]?.status ?? ''));
  const kinds = (await events(since)).map(({ kind, node, by }) => [kind, node, by.door]);
  expect(kinds).toContainEqual(['nodeDetached', 2, 'control']);
  expect(kinds).toContainEqual(['nodeAttached', 2, 'control']);
});

test('a node that does not exist is refused, and nothing happens', async () => {
  const since = (await events()).at(-1)?.seq ?? 0;
  for (const call of [
    ['detach', '9'],
    ['attach', '9'],
    ['switchover', '--to', '9', '--yes'],
    ['recover', '9', '--yes'],
  ]) {
    expect((await pgherd(...call)).code, call.join(' ')).toBe(3);
  }
  expect(await events(since)).toEqual([]);
});

test('a primary that dies is replaced, and whoever watches sees each event once and the new primary', async () => {
  const token = /^read +\S+ +(\S+)$/m.exec(fs.readFileSync(path.join(dir, 'control_token'), 'utf8'))?.[1] ?? '';
  const { api, close } = createControlClient({ url: `http://localhost:${ports[2]}`, token });
  const seen: number[] = [];
  const kinds = new Set<string>();
  const primaries: (number | null)[] = [];
  const fail = (error: unknown): void => expect.unreachable(String(error));
  const first = (await events()).at(-1)?.seq ?? 0;
  api.watch.events.subscribe(
    { since: first },
    {
      onData: ({ data }) => {
        if (data.kind !== 'event') return;
        seen.push(data.event.seq);
        kinds.add(data.event.kind);
      },
      onError: fail,
    },
  );
  api.watch.nodes.subscribe(undefined, { onData: ({ herd }) => void primaries.push(herd.primary), onError: fail });
  await until('the herd is seen', () => primaries.includes(0));
  cluster.node(0).kill9();
  await until('another is the primary', () => kinds.has('failoverDone') && (primaries.at(-1) ?? 0) > 0);
  expect(seen).toEqual(Array.from({ length: seen.length }, (_, i) => first + 1 + i));
  expect(kinds).toContain('failoverStarted');
  await close();
  const status = await pgherd('status');
  expect([status.code, status.stdout]).toEqual([0, expect.stringMatching(/^primary {2}node [12] /m)]);
});

test('is gone when the engine is, with exit code 4', async () => {
  proxy.child.kill('SIGINT');
  expect((await proxy.ended).code).toBe(0);
  expect(await pgherd('status')).toMatchObject({ code: 4, stderr: expect.stringContaining('does not answer') });
});
