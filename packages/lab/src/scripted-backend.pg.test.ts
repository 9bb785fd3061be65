import { connect, type Socket } from 'node:net';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import {
  errorResponse,
  failed,
  messageWithLength,
  readyForQuery,
  ScriptedBackend,
  type ScriptedOptions,
  simple,
} from './scripted-backend.ts';

async function open(options: ScriptedOptions = {}): Promise<ScriptedBackend> {
  const backend = await ScriptedBackend.open(options);
  onTestFinished(() => backend.close());
  return backend;
}

async function client(backend: ScriptedBackend, password = 'secret'): Promise<pg.Client> {
  const made = new pg.Client({ host: backend.host, port: backend.port, user: 'u', database: 'd', password });
  made.on('error', () => {});
  onTestFinished(() => made.end().catch(() => {}));
  await made.connect();
  return made;
}

async function bytesFrom(backend: ScriptedBackend, send: Buffer, count: number): Promise<Buffer> {
  const socket: Socket = connect(backend.port, backend.host);
  onTestFinished(() => void socket.destroy());
  let got = Buffer.alloc(0);
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('data', (bytes: Buffer) => {
      got = Buffer.concat([got, bytes]);
      if (got.length >= count) resolve(got);
    });
    if (send.length > 0) socket.write(send);
  });
}

test('simple mode echoes a nonce and completes everything else', async () => {
  const connection = await client(await open());
  expect((await connection.query("SELECT 'n-123'")).rows).toEqual([{ '?column?': 'n-123' }]);
  expect((await connection.query('INSERT INTO t VALUES (1)')).command).toBe('INSERT');
  expect((await connection.query('SELECT $1', ['a'])).rows).toEqual([]);
  expect((await connection.query('')).rows).toEqual([]);
});

test.each([{ kind: 'cleartext', password: 'secret' } as const, { kind: 'md5', password: 'secret' } as const])(
  'signs in by $kind and refuses a wrong password',
  async (signIn) => {
    const backend = await open({ signIn });
    await client(backend);
    await expect(client(backend, 'wrong')).rejects.toThrow(/password authentication failed/);
  },
);

test('sends the given SASL bytes', async () => {
  const backend = await open({
    signIn: { kind: 'sasl', mechanisms: ['SCRAM-SHA-256'], challenges: ['r=bad,s=x,i=1'] },
  });
  await expect(client(backend)).rejects.toThrow(/SASL/);
});

test('a script decides per statement, also asynchronously and for each connection', async () => {
  const backend = await open({
    handler: async (message, reply) => {
      if (message.sql === 'die') return reply.reset();
      if (message.sql === 'fail') return reply.send(failed('25006', 'read only'), readyForQuery());
      await Promise.resolve();
      simple(message, reply);
    },
  });
  const connection = await client(backend);
  await expect(connection.query('fail')).rejects.toMatchObject({ code: '25006' });
  expect((await connection.query("SELECT 'ok'")).rows).toEqual([{ '?column?': 'ok' }]);
  await expect(connection.query('die')).rejects.toThrow();
});

test('hostile answers: E to SSLRequest, bytes before anything, an error without SQLSTATE, a huge length', async () => {
  const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
  const refusing = await open({ answerToSsl: errorResponse({ S: 'FATAL', M: 'no' }) });
  expect(String.fromCharCode((await bytesFrom(refusing, sslRequest, 1))[0] ?? 0)).toBe('E');
  const eager = await open({ greeting: Buffer.from('injected') });
  expect(String(await bytesFrom(eager, Buffer.alloc(0), 8))).toBe('injected');
  const codeless = await open({
    handler: (_, reply) => reply.send(errorResponse({ S: 'ERROR', M: 'bare' }), readyForQuery()),
  });
  await expect((await client(codeless)).query('x')).rejects.toMatchObject({ message: 'bare', code: undefined });
  expect(messageWithLength('D', 0x7fffffff)).toEqual(Buffer.from([0x44, 0x7f, 0xff, 0xff, 0xff]));
  expect(messageWithLength('D', -1).readInt32BE(1)).toBe(-1);
});

test('broadcast reaches clients that asked nothing', async () => {
  const backend = await open();
  const connection = await client(backend);
  const ended = new Promise<string>((resolve) => connection.on('error', (error) => resolve(error.message)));
  backend.broadcast(errorResponse({ S: 'FATAL', C: '57P01', M: 'terminating connection' }));
  expect(await ended).toBe('terminating connection');
});

test('serves a thousand clients at once', async () => {
  const backend = await open();
  const words = Buffer.from('user\0u\0\0');
  const startup = Buffer.alloc(8 + words.length);
  startup.writeInt32BE(startup.length, 0);
  startup.writeInt32BE(196608, 4);
  words.copy(startup, 8);
  const sockets = Array.from({ length: 1000 }, () => connect(backend.port, backend.host));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  await Promise.all(
    sockets.map(
      (socket) =>
        new Promise<void>((resolve, reject) => {
          socket.on('error', reject);
          socket.once('data', () => resolve());
          socket.write(startup);
        }),
    ),
  );
  expect(backend.connections).toBe(1000);
});
