import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { freePorts } from '@pgherd/lab';
import { describe, expect, it } from 'vitest';
import { canConnectNatively, connectNatively } from './native-connect.ts';

const failure = (target: { host: string; port: number } | { path: string }): Promise<Error & { code?: string }> =>
  new Promise((resolve, reject) => {
    connectNatively(target, () => reject(new Error('it connected')), resolve);
  });

describe.runIf(canConnectNatively)('a connection that fails', () => {
  it('names its error as the system does, whatever it is', async () => {
    const [port = 0] = await freePorts(1);
    expect(await failure({ host: '127.0.0.1', port })).toMatchObject({
      code: 'ECONNREFUSED',
      message: `connect ECONNREFUSED 127.0.0.1:${port}`,
    });
    expect(await failure({ path: '/no/such/socket' })).toMatchObject({ code: 'ENOENT' });
    expect(await failure({ path: '/etc/passwd/socket' })).toMatchObject({
      code: 'ENOTDIR',
      message: 'connect ENOTDIR /etc/passwd/socket',
    });
  });

  it('connects where somebody listens', async () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'pgherd-connect-'));
    const file = path.join(directory, 's');
    const server = net.createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(file, resolve));
    await new Promise<void>((resolve, reject) => {
      connectNatively(
        { path: file },
        (handle) => {
          handle.close();
          resolve();
        },
        reject,
      );
    });
    server.close();
    fs.rmSync(directory, { recursive: true });
  });
});
