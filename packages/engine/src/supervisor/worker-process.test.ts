import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, it } from 'vitest';
import { until } from '../../test-support/wait.ts';
import { Acceptor } from './acceptor.ts';
import { WorkerProcess } from './worker-process.ts';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const act of undo.splice(0)) act();
});

it('a worker that dies takes the connections along that it had not taken yet: none of them hangs', async () => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'pgherd-worker-'));
  undo.push(() => fs.rmSync(directory, { recursive: true }));
  const entry = path.join(directory, 'stuck.mjs');
  fs.writeFileSync(entry, `process.on('message', () => {}); process.kill(process.pid, 'SIGSTOP');`);
  let exited = false;
  const worker = new WorkerProcess(
    0,
    entry,
    2,
    () => {},
    () => {
      exited = true;
    },
  );
  undo.push(() => worker.child.kill('SIGKILL'));
  let sent = 0;
  const acceptor = new Acceptor((connection, unix) =>
    worker.sendConnection({ t: 'conn', id: ++sent, admitted: true, unix }, connection),
  );
  undo.push(() => acceptor.close());
  await acceptor.listenTcp(['127.0.0.1'], 0, 16);
  const port = Number(acceptor.addresses[0]?.split(':').pop());
  let closed = 0;
  for (let i = 0; i < 5; i++) {
    const client = net.connect(port, '127.0.0.1');
    client.on('error', () => {}).on('close', () => closed++);
    client.resume();
    undo.push(() => client.destroy());
  }
  await until('all are handed over', () => sent === 5);
  worker.child.kill('SIGKILL');
  await until('the worker is gone and so are its clients', () => exited && closed === 5);
});
