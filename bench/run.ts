/**
 * `npm run bench`: pgbench through pgherd and its peers, in alternating rounds of one run. Prints medians as ratios, and
 * the proxy's CPU time per query; saves them with commit and versions.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ephemeralCluster, freePorts } from '@pgherd/lab';
import { cpuSeconds, median, run } from './measure.ts';
import { type Peer, type PeerContext, startPgbouncer, startPgherd, startPgpool, which } from './peers.ts';

interface Workload {
  readonly name: string;
  readonly args: readonly string[];
  readonly clients?: number;
  /** One long SELECT instead of pgbench's clock. */
  readonly rows?: number;
}

const WORKLOADS: readonly Workload[] = [
  { name: 'simple', args: ['-S', '-M', 'simple'] },
  { name: 'extended', args: ['-S', '-M', 'extended'] },
  { name: 'prepared', args: ['-S', '-M', 'prepared'] },
  { name: 'tpcb', args: ['-M', 'prepared'] },
  { name: 'connect', args: ['-S', '-C', '-M', 'simple'] },
  { name: 'rows', args: [], rows: 1_000_000 },
];

interface Sample {
  readonly tps: number;
  readonly cpuMicroseconds: number | null;
}

/** Our own engines, each compared with everybody else. */
const OURS = ['pgherd', 'balanced'] as const;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
    clients: { type: 'string', default: '16' },
    only: { type: 'string' },
    peers: { type: 'string' },
    save: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const clients = Number(values.clients);
const only = values.only?.split(',');
const wantedPeers = values.peers?.split(',');

const pgbench = which('pgbench');
if (pgbench === null) {
  process.stderr.write('bench: pgbench was not found: install PostgreSQL with its contrib programs.\n');
  process.exit(1);
}

const cluster = await ephemeralCluster({
  nodes: 2,
  auth: 'trust',
  maxConnections: 400,
  settings: { shared_buffers: '256MB', synchronous_commit: 'off' },
});
const server = cluster.primary;
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'pgherd-bench-'));
fs.chmodSync(dir, 0o755);
const account = accountOf();
const context: PeerContext = { dir, serverPort: server.port, ...account };
const standby = cluster.nodes.find((node) => node !== server);
const ports = await freePorts(5);
const peers: Peer[] = [];
try {
  const env = { PGSSLMODE: 'disable', PGGSSENCMODE: 'disable' };
  await run(
    pgbench,
    ['-h', '127.0.0.1', '-p', String(server.port), '-U', 'postgres', '-i', '-q', '-s', '10', 'postgres'],
    {
      env,
      timeoutMs: 120_000,
    },
  );
  peers.push({ name: 'direct', port: server.port, pid: null, stop: async () => {} });
  const starters: [string, () => Promise<Peer | null>][] = [
    ['pgbouncer', () => startPgbouncer(context, ports[0] as number)],
    ['pgpool', () => startPgpool(context, ports[1] as number, ports[2] as number)],
    ['pgherd', () => startPgherd(context, ports[3] as number)],
    ['balanced', () => startPgherd(context, ports[4] as number, 'balanced', balancing(standby?.port ?? 0))],
  ];
  for (const [name, starter] of starters) {
    if (wantedPeers !== undefined && !wantedPeers.includes(name)) continue;
    const started = await starter();
    if (started === null) process.stdout.write(`(${name} is not installed: left out)\n`);
    else peers.push(started);
  }
  const results: Record<string, Record<string, Sample[]>> = {};
  for (const workload of WORKLOADS) {
    if (only !== undefined && !only.includes(workload.name)) continue;
    const samples: Record<string, Sample[]> = Object.fromEntries(peers.map((peer) => [peer.name, []]));
    // A round that does not count: caches fill, and the just-in-time compiler sees the workload.
    for (const peer of peers) await sample(peer, workload, env);
    for (let round = 0; round < rounds; round++) {
      // Each round in another order: whoever comes first would meet a cooler machine.
      const order = peers.map((_, i) => peers[(i + round) % peers.length] as Peer);
      for (const peer of order) samples[peer.name]?.push(await sample(peer, workload, env));
    }
    results[workload.name] = samples;
    report(workload.name, samples);
  }
  if (values.save) save(results);
} finally {
  for (const peer of peers) await peer.stop();
  await cluster.destroy();
  fs.rmSync(dir, { recursive: true, force: true });
}
process.exit(0);

async function sample(peer: Peer, workload: Workload, env: Record<string, string>): Promise<Sample> {
  const before = peer.pid === null ? 0 : cpuSeconds(peer.pid);
  const target = ['-h', '127.0.0.1', '-p', String(peer.port), '-U', 'postgres', '-n'];
  let queries: number;
  let tps: number;
  if (workload.rows !== undefined) {
    const script = path.join(dir, 'rows.sql');
    fs.writeFileSync(script, `SELECT g, 'row number ' || g, g * 2 FROM generate_series(1, ${workload.rows}) g;\n`);
    const startedMs = performance.now();
    await run(pgbench as string, [...target, '-c', '1', '-t', '3', '-f', script, 'postgres'], {
      env,
      timeoutMs: 120_000,
    });
    queries = 3;
    tps = (3 * workload.rows) / ((performance.now() - startedMs) / 1000);
  } else {
    const out = await run(
      pgbench as string,
      [
        ...target,
        '-c',
        String(workload.clients ?? clients),
        '-j',
        '2',
        '-T',
        String(seconds),
        ...workload.args,
        'postgres',
      ],
      { env, timeoutMs: (seconds + 60) * 1000 },
    );
    queries = Number(/transactions actually processed: (\d+)/.exec(out)?.[1] ?? 0);
    tps = Number(/tps = ([\d.]+)/.exec(out)?.[1] ?? 0);
  }
  const used = peer.pid === null ? null : ((cpuSeconds(peer.pid) - before) / queries) * 1e6;
  return { tps, cpuMicroseconds: used };
}

/** What differs when reads are spread: the primary and its standby answer half of them each. */
function balancing(standbyPort: number): string {
  return `backend_hostname1 = '127.0.0.1'
backend_port1 = ${standbyPort}
backend_weight1 = 1
load_balance_mode = on
read_after_write = session
sr_check_period = 2
`;
}

function report(name: string, samples: Readonly<Record<string, readonly Sample[]>>): void {
  process.stdout.write(`\n${name}\n`);
  for (const [peer, list] of Object.entries(samples)) {
    const tps = median(list.map((entry) => entry.tps));
    const cpu = list[0]?.cpuMicroseconds == null ? null : median(list.map((entry) => entry.cpuMicroseconds ?? 0));
    const ratios = OURS.some((own) => own === peer) ? [] : OURS.flatMap((own) => compared(own, samples[own], list));
    process.stdout.write(
      `  ${peer.padEnd(10)} ${tps.toFixed(0).padStart(9)} /s  ${cpu === null ? ''.padStart(11) : `${cpu.toFixed(1).padStart(8)} us`}   ${ratios.join('; ')}\n`,
    );
  }
}

/** Medians of the rounds' ratios: throughput, and CPU per query where the other side has a process to charge. */
function compared(own: string, ours: readonly Sample[] | undefined, others: readonly Sample[]): string[] {
  if (ours === undefined) return [];
  const ratio = (of: (sample: Sample) => number): string =>
    median(ours.map((sample, i) => of(sample) / of(others[i] ?? sample))).toFixed(2);
  const charged = others[0]?.cpuMicroseconds != null;
  const cpu = charged ? `, uses ${ratio(({ cpuMicroseconds }) => cpuMicroseconds ?? 1)} of its CPU` : '';
  return [`${own} is at ${ratio(({ tps }) => tps)} of it${cpu}`];
}

function accountOf(): { uid: number | undefined; gid: number | undefined } {
  if (process.getuid?.() !== 0) return { uid: undefined, gid: undefined };
  const line = fs
    .readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('postgres:') || entry.startsWith('nobody:'));
  const fields = line?.split(':') ?? [];
  return { uid: Number(fields[2]), gid: Number(fields[3]) };
}

function save(results: unknown): void {
  const folder = fileURLToPath(new URL('./results/', import.meta.url));
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const date = new Date().toISOString().slice(0, 10);
  const file = path.join(folder, `${date}-${commit}.json`);
  const facts = {
    date,
    commit,
    node: process.version,
    cores: os.availableParallelism(),
    postgres: cluster.binaries.version,
    rounds,
    seconds,
    clients,
  };
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(file, `${JSON.stringify({ ...facts, results }, null, 1)}\n`);
  process.stdout.write(`\nsaved as ${path.relative(process.cwd(), file)}\n`);
}
