/** What an idle client and its link cost in memory: PGHERD_IDLE_CLIENTS. The budgets are the design's. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePorts } from '@pgherd/lab';
import { encodeQuery, encodeStartup, PROTOCOL_3_0 } from '@pgherd/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeEngineFiles } from '../../packages/engine/test-support/engine.ts';
import { env } from '../../packages/engine/test-support/env.ts';
import { childrenOf, pssBytes } from '../../packages/engine/test-support/processes.ts';
import { RawClient } from '../../packages/engine/test-support/raw-client.ts';
import { until, within } from '../../packages/engine/test-support/wait.ts';
import { root } from '../checks.ts';

const CLIENTS = env.idleClients(2_000);
const CLIENT_BYTES_MAX = 16 * 1024;
const IDLE_BYTES_MAX = 160 * 1024 * 1024;
const AT_ONCE = 50;
const WORKERS = workersFor(CLIENTS);

/** Two descriptors a client may be more than the machine allows one process: then more workers share them. */
function workersFor(clients: number): number {
  const limits = fs.readFileSync('/proc/self/limits', 'latin1');
  const filesMax = Number(/^Max open files\s+\d+\s+(\d+)/m.exec(limits)?.[1] ?? 1_000_000);
  return Math.ceil((2 * clients + 1_000) / filesMax);
}

describe.runIf(process.platform === 'linux')('idle clients', () => {
  let backend: ChildProcess;
  let engine: ChildProcess;
  let directory: string;
  let address: { host: string; port: number };
  const said: Buffer[] = [];

  beforeAll(async () => {
    backend = fork(fileURLToPath(new URL('./scripted-process.ts', import.meta.url)), { execArgv: ['--no-warnings'] });
    const port = await within(
      'the backend listens',
      10_000,
      new Promise<number>((resolve) =>
        backend.once('message', (message) => resolve((message as { port: number }).port)),
      ),
    );
    const [metricsPort = 0] = await freePorts(1);
    const files = await writeEngineFiles({
      backends: [{ host: '127.0.0.1', port }],
      hba: 'host all all 127.0.0.1/32 trust\n',
      settings: {
        worker_processes: WORKERS,
        num_init_children: CLIENTS + 200,
        listen_backlog_multiplier: 1,
        sr_check_period: 0,
        metrics_port: metricsPort,
      },
    });
    directory = files.directory;
    address = { host: '127.0.0.1', port: files.port };
    const pgherd = path.join(root, 'packages/cli/bin/pgherd');
    engine = spawn(pgherd, ['serve', '-f', path.join(directory, 'pgpool.conf')], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [engine.stdout, engine.stderr]) stream?.on('data', (bytes: Buffer) => said.push(bytes));
    await until(
      'it serves',
      async () => {
        await (await RawClient.signIn(address, { user: 'u' })).end();
        return true;
      },
      20_000,
    );
  });

  afterAll(async () => {
    const gone = new Promise((resolve) => engine.once('exit', resolve));
    engine.kill('SIGQUIT');
    await gone;
    backend.disconnect();
    fs.rmSync(directory, { recursive: true, force: true });
  });

  /** Of all workers together. */
  const workerBytes = (): number => childrenOf(engine.pid ?? 0).reduce((sum, pid) => sum + pssBytes(pid), 0);

  /** Memory once it has stopped falling: garbage of the start belongs to nobody. */
  async function settled(measure: () => number): Promise<number> {
    let least = measure();
    for (let steady = 0, n = 0; steady < 5 && n < 40; n++) {
      await pause(500);
      const now = measure();
      steady = now < least * 0.995 ? 0 : steady + 1;
      least = Math.min(least, now);
    }
    return least;
  }

  /** A client that only waits: as little of this process as possible. */
  function idleClient(n: number): Promise<net.Socket> {
    return new Promise((resolve, reject) => {
      const socket = net.connect(address);
      let last = Buffer.alloc(0);
      socket.once('error', reject);
      socket.on('data', (chunk) => {
        last = Buffer.concat([last, chunk]).subarray(-6);
        if (last.toString('hex') !== '5a0000000549') return;
        socket.removeAllListeners('data');
        socket.removeAllListeners('error');
        socket.on('error', () => {});
        resolve(socket);
      });
      const params = [
        ['user', 'u'],
        ['database', 'd'],
        ['application_name', `client ${n % 20}`],
      ] as const;
      socket.write(encodeStartup({ protocol: PROTOCOL_3_0, params }));
    });
  }

  async function idleClients(count: number): Promise<net.Socket[]> {
    const sockets: net.Socket[] = [];
    while (sockets.length < count) {
      const more = Math.min(AT_ONCE, count - sockets.length);
      sockets.push(...(await Promise.all(Array.from({ length: more }, (_, n) => idleClient(sockets.length + n)))));
    }
    return sockets;
  }

  it('supervisor and one worker, with nobody there, fit in 160 MB', async () => {
    const sum = await settled(() => pssBytes(engine.pid ?? 0) + workerBytes() / WORKERS);
    process.stdout.write(`idle: supervisor and worker ${(sum / 1024 / 1024).toFixed(1)} MB PSS\n`);
    expect(sum).toBeLessThan(IDLE_BYTES_MAX);
  });

  it(
    `each of ${CLIENTS} idle clients with its link costs the worker at most 16 kB`,
    async () => {
      for (const socket of await idleClients(200)) socket.destroy(); // what is made once is made
      const before = await settled(workerBytes);
      const startedMs = performance.now();
      const sockets = await idleClients(CLIENTS);
      const tookMs = performance.now() - startedMs;
      const after = await settled(workerBytes);
      const each = (after - before) / CLIENTS;
      process.stdout.write(
        `idle: ${CLIENTS} clients, ${(each / 1024).toFixed(2)} kB each (${(before / 2 ** 20).toFixed(1)} to ${(after / 2 ** 20).toFixed(1)} MB), signed in in ${(tookMs / 1000).toFixed(1)} s\n`,
      );
      for (let n = 0; n < sockets.length; n += Math.ceil(sockets.length / 50)) {
        const socket = sockets[n] as net.Socket;
        const answer = new Promise<string>((resolve) =>
          socket.once('data', (bytes) => resolve(bytes.toString('latin1'))),
        );
        socket.write(encodeQuery(`SELECT 'still ${n}'`));
        expect(await within('an answer', 5_000, answer)).toContain(`still ${n}`);
      }
      for (const socket of sockets) socket.destroy();
      expect(each).toBeLessThan(CLIENT_BYTES_MAX);
      await (await RawClient.signIn(address, { user: 'u' })).end();
      expect(Buffer.concat(said).toString()).not.toMatch(/exits with|EMFILE/);
    },
    120_000 + CLIENTS * 20,
  );
});
