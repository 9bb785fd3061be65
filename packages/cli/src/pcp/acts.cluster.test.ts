/** The pcp_* programs change a real herd, made by `pgherd up`. */
import fs from 'node:fs';
import path from 'node:path';
import { destroyCluster, freePorts, openCluster } from '@pgherd/lab';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dropIn, type Ended, endAll, PGHERD, Running, run, temporaryFolder, until } from '../testing/program.ts';

let folder = '';
let pcpPort = 0;
let password = '';
let herd: Running;

const tool = (name: string, ...args: string[]): Promise<Ended> =>
  run(dropIn(name), ['-h', 'localhost', '-p', String(pcpPort), '-U', 'pgherd', '-w', ...args], {
    env: { PCPPASSWORD: password, HOME: folder },
  });
const done = (name: string): Ended => ({
  code: 0,
  stdout: `${name} -- Command Successful\n`,
  stderr: '',
});
/** Words 5 to 8: status, status of the server, role, role of the server. */
const states = async (): Promise<string[]> =>
  (await tool('pcp_node_info')).stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' ').slice(4, 8).join(' '));

beforeAll(async () => {
  folder = temporaryFolder();
  const [port, metrics, pcp = 0, control, base] = await freePorts(8);
  pcpPort = pcp;
  const options = {
    port,
    'metrics-port': metrics,
    'pcp-port': pcp,
    'control-port': control,
    'herd-port': base,
    nodes: 2,
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  herd = new Running(PGHERD, ['up', '--dir', folder, ...args], { deadlineMs: 180_000 });
  await herd.says('pgherd is ready');
  password = (await openCluster(path.join(folder, 'herd'))).secrets.pcp.password;
});
afterAll(async () => {
  herd.child.kill('SIGINT');
  await herd.ended.catch(() => {});
  await endAll();
  await destroyCluster(path.join(folder, 'herd'));
  fs.rmSync(folder, { recursive: true });
});

test('pcp_promote_node --switchover makes the standby the primary, and the primary a standby', async () => {
  expect(await tool('pcp_promote_node', '--switchover', '1')).toEqual(done('pcp_promote_node'));
  expect(await states()).toEqual([
    expect.stringMatching(/^(up|waiting) up standby standby$/),
    expect.stringMatching(/^(up|waiting) up primary primary$/),
  ]);
});

test('pcp_recovery_node comes back when a server that died is a standby again', async () => {
  const cluster = await openCluster(path.join(folder, 'herd'));
  await cluster.node(0).stop();
  await until('it is left out', async () => (await states())[0]?.startsWith('down down') === true);
  expect(await tool('pcp_recovery_node', '-n', '0')).toEqual(done('pcp_recovery_node'));
  expect((await states())[0]).toMatch(/^(up|waiting) up standby/);
});

test('pcp_stop_pgpool ends the program as a signal would', async () => {
  expect(await tool('pcp_stop_pgpool', '-m', 'fast')).toEqual(done('pcp_stop_pgpool'));
  expect((await herd.ended).code).toBe(0);
});
