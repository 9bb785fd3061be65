/** A real herd behind a real engine: what `problems` says over the control API is what the doctor says. */
import fs from 'node:fs';
import path from 'node:path';
import { onBehalfOf } from '@pgherd/control/client';
import { type Cluster, ephemeralCluster, freePorts } from '@pgherd/lab';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { doctorCommand } from '../commands/doctor.ts';
import type { Finding } from '../doctor/finding.ts';
import { type Engine, withEngine } from '../herd/engine.ts';
import { endAll, PGHERD, Running, temporaryFolder } from '../testing/program.ts';

let cluster: Cluster;
let dir = '';
let config = '';

beforeAll(async () => {
  dir = temporaryFolder();
  cluster = await ephemeralCluster({ nodes: 2 });
  const { probe, ops } = cluster.secrets;
  const write = (name: string, text: string): void => fs.writeFileSync(path.join(dir, name), text, { mode: 0o600 });
  write('pool_passwd', `${probe.user}:TEXT${probe.password}\n${ops.user}:TEXT${ops.password}\n`);
  write('pool_hba.conf', 'host all all all scram-sha-256\n');
  write('pcp.conf', `admin:${'0'.repeat(32)}\n`);
  const [port, pcp, control, metrics] = await freePorts(4);
  const nodes = cluster.nodes.map(
    ({ id, host, port: at }) =>
      `backend_hostname${id} = '${host}'\nbackend_port${id} = ${at}\nbackend_application_name${id} = 'server${id}'\nbackend_weight${id} = 1\n`,
  );
  config = path.join(dir, 'pgpool.conf');
  write(
    'pgpool.conf',
    `${nodes.join('')}port = ${port}\npcp_port = ${pcp}\ncontrol_port = ${control}\nmetrics_port = ${metrics}
unix_socket_directories = '${dir}'\npcp_socket_dir = '${dir}'\npid_file_name = '${dir}/pid'\nwork_dir = '${dir}'
sr_check_user = '${probe.user}'\nsr_check_period = 1\nhealth_check_period = 1\nhealth_check_user = '${probe.user}'
load_balance_mode = on\nenable_pool_hba = on\nfailover_by = builtin\nfailover_user = '${ops.user}'\n`,
  );
  new Running(PGHERD, ['serve', '-f', config]);
});
afterAll(async () => {
  await endAll();
  await cluster?.destroy();
  fs.rmSync(dir, { recursive: true, force: true });
});

const ask = <T>(work: (engine: Engine) => Promise<T>): Promise<T> =>
  withEngine({ file: config }, { stdout: () => {}, stderr: () => {} }, work);

async function whenReady(): Promise<void> {
  const roles = (): Promise<string> =>
    ask(({ api }) => api.nodes.query()).then(
      (nodes) => nodes.map(({ pgRole, replicationState }) => `${pgRole} ${replicationState}`).join(', '),
      () => 'nothing yet',
    );
  await expect.poll(roles, { timeout: 20_000 }).toBe('primary , standby streaming');
}

async function doctor(): Promise<Finding[]> {
  let said = '';
  await doctorCommand.run(['-f', config, '--json', '--quiet'], {
    stdout: (text) => void (said += text),
    stderr: () => {},
  });
  return JSON.parse(said) as Finding[];
}

test('everything that the console asks for is answered by a real engine in the form that is promised', async () => {
  await whenReady();
  await ask(async ({ api }) => {
    expect((await api.configuration.table.query()).parameters.length).toBeGreaterThan(150);
    const { files, hash } = await api.configuration.files.query();
    const running = await api.configuration.running.query();
    expect(running.hash).toBe(hash);
    const states: { fileHash: string | null; runningHash: string }[] = [];
    const watched = api.watch.configuration.subscribe(undefined, { onData: (state) => states.push(state) });
    const logged: string[] = [];
    const log = api.watch.logs.subscribe({}, { onData: ({ lines }) => logged.push(...lines.map(({ text }) => text)) });
    await expect.poll(() => states.length).toBe(1);
    const text = `${files[0]?.text ?? ''}client_idle_limit = 42\n`;
    const draft = { files: { 'pgpool.conf': text } };
    const check = await api.configuration.check.query(draft);
    expect(check).toMatchObject({ ok: true, effect: 'reload', changes: [{ name: 'client_idle_limit', to: '42s' }] });
    const report = await api.configuration.applyVersion.mutate(
      { ...draft, versionHash: check.versionHash, ...(hash === null ? {} : { expected: hash }) },
      onBehalfOf('alice'),
    );
    expect(report).toMatchObject({ outcome: 'inStep', versionHash: check.versionHash });
    await expect.poll(() => states.at(-1)?.runningHash).toBe(report.versionHash);
    await expect.poll(() => logged.join()).toContain('was applied');
    expect((await api.events.query({})).at(-1)).toMatchObject({
      kind: 'configurationApplied',
      by: { door: 'control', user: 'admin: alice' },
    });
    expect((await api.logs.query({ text: 'was applied', limit: 5 })).lines).toHaveLength(1);
    expect(await api.sessions.query()).toEqual([]);
    expect(await api.endSession.mutate({ sessions: [{ id: '1/1' }] })).toEqual([{ id: '1/1', outcome: 'gone' }]);
    expect(await api.sessionActivity.query({ nodes: [{ node: 0, pids: [1] }] })).toEqual([
      { node: 0, error: null, rows: [] },
    ]);
    const statements = ['SELECT 1'];
    const client = { database: 'postgres', user: 'postgres', application: '' };
    expect(await api.compareRoutes.query({ statements, ...client, configuration: text })).toMatchObject([
      { changed: false },
    ]);
    await expect(api.rotateLog.mutate()).rejects.toThrow('logging_collector');
    watched.unsubscribe();
    log.unsubscribe();
  });
});

test('the list of the engine and the doctor’s are the same, with the act that would help', async () => {
  await whenReady();
  const first = await ask(({ api }) => api.problems.query());
  expect(first.lookedAt).not.toBeNull();
  // What the doctor says of this configuration without any fault planted: admin_users is empty.
  expect(first.problems.map(({ code }) => code)).toEqual(['look-safety']);
  expect((await doctor()).map(({ found }) => `${found.slice(0, 1).toUpperCase()}${found.slice(1)}.`)).toEqual(
    first.problems.map(({ sentence }) => sentence),
  );
  await ask(({ api }) => api.begin.mutate({ act: 'detach', node: 1 }));
  fs.appendFileSync(config, 'num_init_children = 77\n');
  await expect
    .poll(async () => (await ask(({ api }) => api.problems.query())).problems.map(({ code }) => code), {
      timeout: 10_000,
    })
    .toEqual(expect.arrayContaining(['node-left-out', 'configuration-drift']));
  await ask(({ api }) => api.reload.mutate());
  const { problems } = await ask(({ api }) => api.problems.query());
  expect(problems.map(({ code }) => code)).not.toContain('configuration-drift');
  expect(problems).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ code: 'node-left-out', node: 1, wish: { act: 'attach', node: 1 } }),
      expect.objectContaining({ code: 'restart-pending', cause: 'num_init_children' }),
    ]),
  );
  const said = await doctor();
  expect(said).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        name: 'engine',
        found: expect.stringContaining('wait for a restart: num_init_children'),
      }),
      expect.objectContaining({ name: 'reads', wish: { act: 'attach', node: 1 } }),
    ]),
  );
  const { ops, probe } = cluster.secrets;
  for (const { password } of [ops, probe]) expect(JSON.stringify([problems, said])).not.toContain(password);
});
