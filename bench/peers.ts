/** The things that are compared: each is a port to connect to and a process tree whose CPU time counts. */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Peer {
  readonly name: string;
  readonly port: number;
  /** Null for the direct connection: there is no proxy to charge. */
  readonly pid: number | null;
  stop(): Promise<void>;
}

export interface PeerContext {
  readonly dir: string;
  readonly serverPort: number;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

const root = path.resolve(fileURLToPath(new URL('.', import.meta.url)), '..');
const START_LIMIT_MS = 15_000;

export function which(...candidates: readonly string[]): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'];
  for (const name of candidates) {
    for (const folder of folders) if (fs.existsSync(path.join(folder, name))) return path.join(folder, name);
  }
  return null;
}

export async function startPgherd(context: PeerContext, port: number, name = 'pgherd', extra = ''): Promise<Peer> {
  const dir = makeDir(context, name);
  fs.writeFileSync(
    path.join(dir, 'pgpool.conf'),
    `listen_addresses = '127.0.0.1'
port = ${port}
unix_socket_directories = '${dir}'
pid_file_name = '${dir}/pid'
work_dir = '${dir}'
num_init_children = 200
backend_hostname0 = '127.0.0.1'
backend_port0 = ${context.serverPort}
backend_weight0 = 1
sr_check_user = 'postgres'
metrics_listen_addresses = ''
${extra}`,
  );
  const child = start(path.join(root, 'packages/cli/bin/pgherd'), ['serve', '-f', path.join(dir, 'pgpool.conf')], dir);
  return peer(name, port, child);
}

export async function startPgbouncer(context: PeerContext, port: number): Promise<Peer | null> {
  const program = which('pgbouncer');
  if (program === null) return null;
  const dir = makeDir(context, 'pgbouncer');
  fs.writeFileSync(path.join(dir, 'users.txt'), '"postgres" ""\n');
  fs.writeFileSync(
    path.join(dir, 'pgbouncer.ini'),
    `[databases]
* = host=127.0.0.1 port=${context.serverPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${dir}/users.txt
pool_mode = session
max_client_conn = 500
default_pool_size = 200
server_reset_query = DISCARD ALL
ignore_startup_parameters = extra_float_digits,options
`,
  );
  own(context, dir);
  return peer('pgbouncer', port, start(program, ['-q', path.join(dir, 'pgbouncer.ini')], dir, context));
}

export async function startPgpool(context: PeerContext, port: number, pcpPort: number): Promise<Peer | null> {
  const program = which('pgpool');
  if (program === null || program.startsWith(root)) return null;
  const dir = makeDir(context, 'pgpool');
  fs.writeFileSync(
    path.join(dir, 'pgpool.conf'),
    `backend_clustering_mode = 'streaming_replication'
listen_addresses = '127.0.0.1'
port = ${port}
socket_dir = '${dir}'
unix_socket_directories = '${dir}'
wd_ipc_socket_dir = '${dir}'
pcp_listen_addresses = '127.0.0.1'
pcp_port = ${pcpPort}
pcp_socket_dir = '${dir}'
backend_hostname0 = '127.0.0.1'
backend_port0 = ${context.serverPort}
backend_weight0 = 1
num_init_children = 64
max_pool = 2
sr_check_period = 5
sr_check_user = 'postgres'
load_balance_mode = off
pid_file_name = '${dir}/pid'
logdir = '${dir}'
`,
  );
  fs.writeFileSync(path.join(dir, 'pcp.conf'), '');
  fs.writeFileSync(path.join(dir, 'pool_hba.conf'), '');
  own(context, dir);
  const args = ['-n', '-f', `${dir}/pgpool.conf`, '-F', `${dir}/pcp.conf`, '-a', `${dir}/pool_hba.conf`];
  return peer('pgpool', port, start(program, args, dir, context), 'SIGINT');
}

function makeDir(context: PeerContext, name: string): string {
  const dir = path.join(context.dir, name);
  fs.mkdirSync(dir, { recursive: true });
  return dir;
}

function own(context: PeerContext, dir: string): void {
  const { uid, gid } = context;
  if (uid === undefined || gid === undefined) return;
  fs.chownSync(dir, uid, gid);
  for (const file of fs.readdirSync(dir)) fs.chownSync(path.join(dir, file), uid, gid);
}

function start(program: string, args: readonly string[], dir: string, context?: PeerContext): ChildProcess {
  const log = fs.openSync(path.join(dir, 'log'), 'a');
  const account = context?.uid === undefined ? {} : { uid: context.uid, gid: context.gid };
  return spawn(program, [...args], { stdio: ['ignore', log, log], cwd: '/', ...account });
}

async function peer(name: string, port: number, child: ChildProcess, signal: NodeJS.Signals = 'SIGINT'): Promise<Peer> {
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const deadline = performance.now() + START_LIMIT_MS;
  while (!(await answers(port))) {
    if (child.exitCode !== null || performance.now() > deadline) throw new Error(`${name} did not start`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    name,
    port,
    pid: child.pid ?? null,
    async stop() {
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await ended;
      clearTimeout(timer);
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
