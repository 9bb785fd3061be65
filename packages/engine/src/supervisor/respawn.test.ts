import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePorts } from '@pgherd/lab';
import { expect, it } from 'vitest';
import { until } from '../../test-support/wait.ts';
import { respawnPauseMs } from './respawn-pause.ts';
import { Supervisor } from './supervisor.ts';

it('the pause before a worker is started again doubles up to five seconds, and is short after one that served', () => {
  expect([0, 1, 2, 3, 6, 7, 100, 5000].map(respawnPauseMs)).toEqual([100, 100, 200, 400, 3200, 5000, 5000, 5000]);
});

it('a worker that cannot boot is tried less and less often', async () => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'pgherd-respawn-'));
  const [port = 0, backend = 0] = await freePorts(2);
  const conf = path.join(directory, 'pgpool.conf');
  fs.writeFileSync(
    conf,
    `listen_addresses = '127.0.0.1'
port = ${port}
unix_socket_directories = '${directory}'
pid_file_name = '${directory}/pid'
work_dir = '${directory}'
worker_processes = 1
num_init_children = 2
backend_hostname0 = '127.0.0.1'
backend_port0 = ${backend}
`,
  );
  const boots = path.join(directory, 'boots');
  fs.writeFileSync(boots, '');
  const entry = path.join(directory, 'broken.mjs');
  fs.writeFileSync(
    entry,
    `import fs from 'node:fs'; fs.appendFileSync(${JSON.stringify(boots)}, Date.now() + '\\n'); process.exit(7);`,
  );
  const log = fs.openSync(path.join(directory, 'log'), 'w');
  const supervisor = new Supervisor({
    paths: { config: conf, hba: path.join(directory, 'hba'), pcp: path.join(directory, 'pcp') },
    workerEntry: entry,
    logFd: log,
  });
  const started = supervisor.start().catch(() => {});
  const text = (): string => fs.readFileSync(path.join(directory, 'log'), 'utf8');
  try {
    await until('a long pause', () => text().includes('is started again in 800 ms'), 20_000);
    for (const ms of [100, 200, 400]) {
      expect(text()).toContain(`exits with status 7; it could not serve yet, and is started again in ${ms} ms`);
    }
    const bootedAt = (): number[] => fs.readFileSync(boots, 'utf8').trim().split('\n').map(Number);
    await until('it is started a fifth time', () => bootedAt().length >= 5, 20_000);
    const gaps = bootedAt().map((at, i, all) => at - (all[i - 1] ?? 0));
    for (const [i, ms] of [100, 200, 400, 800].entries()) expect(gaps[i + 1]).toBeGreaterThanOrEqual(ms);
    expect(supervisor.status().notReady).toContain('no worker is ready');
  } finally {
    await supervisor.stop('immediate');
    await Promise.race([started, pause(100)]);
    fs.rmSync(directory, { recursive: true, force: true });
  }
});
