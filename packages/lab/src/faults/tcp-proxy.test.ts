import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TcpProxy } from './tcp-proxy.ts';

const echo = createServer((socket) => {
  socket.on('error', () => {});
  socket.pipe(socket);
});
let proxy: TcpProxy;
const clients: Socket[] = [];

beforeEach(async () => {
  if (!echo.listening) await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  const address = echo.address();
  proxy = await TcpProxy.open({ host: '127.0.0.1', port: typeof address === 'object' ? (address?.port ?? 0) : 0 });
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy.close();
  echo.unref();
});

async function client(): Promise<Socket> {
  const socket = connect(proxy.port, '127.0.0.1');
  clients.push(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return socket;
}

async function ask(socket: Socket, text: string): Promise<string> {
  let answer = '';
  const done = new Promise<string>((resolve, reject) => {
    socket.on('data', (bytes) => {
      answer += bytes;
      if (answer.length === text.length) resolve(answer);
    });
    socket.once('error', reject);
  });
  socket.write(text);
  return done;
}

test('pass carries a megabyte both ways', async () => {
  const text = 'abcdefgh'.repeat(131_072);
  expect(await ask(await client(), text)).toBe(text);
});

test('slow delays and limits', async () => {
  await proxy.setMode({ kind: 'slow', delayMs: 100 });
  const started = Date.now();
  await ask(await client(), 'x');
  expect(Date.now() - started).toBeGreaterThanOrEqual(190);
  await proxy.setMode({ kind: 'slow', bytesPerSecond: 1000 });
  const again = Date.now();
  await ask(await client(), 'x'.repeat(300));
  expect(Date.now() - again).toBeGreaterThanOrEqual(280);
});

test('freeze accepts and stalls old and new connections, and nothing is lost after it', async () => {
  const old = await client();
  await ask(old, 'before');
  await proxy.setMode('freeze');
  const fresh = await client();
  const answers = Promise.all([ask(old, 'old'), ask(fresh, 'new')]);
  expect(await Promise.race([answers, pause(150, 'silent')])).toBe('silent');
  await proxy.setMode('pass');
  expect((await answers)[1]).toBe('new');
});

test('refuse refuses new connections and keeps old ones', async () => {
  const old = await client();
  await proxy.setMode('refuse');
  await expect(client()).rejects.toThrow(/ECONNREFUSED/);
  expect(await ask(old, 'still')).toBe('still');
  await proxy.setMode('pass');
  expect(await ask(await client(), 'again')).toBe('again');
});

test('drop resets old and new connections', async () => {
  const old = await client();
  await ask(old, 'x');
  const reset = new Promise<string>((resolve) => old.once('error', (error) => resolve(error.message)));
  await proxy.setMode('drop');
  expect(await reset).toContain('ECONNRESET');
  expect(proxy.connections).toBe(0);
});

test('the end of either side reaches the other', async () => {
  const socket = await client();
  await ask(socket, 'x');
  socket.end();
  await new Promise((resolve) => socket.once('close', resolve));
  await expect.poll(() => proxy.connections).toBe(0);
});
