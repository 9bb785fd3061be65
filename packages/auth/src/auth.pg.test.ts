import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import {
  Backend,
  decodeAuthentication,
  decodeDataRow,
  decodeErrorFields,
  encodeAuthenticationOk,
  encodeBind,
  encodeErrorResponse,
  encodeExecute,
  encodeParse,
  encodeReadyForQuery,
  encodeSslRequest,
  encodeStartup,
  encodeSync,
  type Frame,
  FrameReader,
  PROTOCOL_3_0,
} from '@pgherd/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeAuthRow } from './auth-query/row.ts';
import { AUTH_QUERY, AUTH_QUERY_SCRIPT } from './auth-query/script.ts';
import { type BackendSignInOptions, createBackendSignIn } from './backend/sign-in.ts';
import { type CredentialParts, createCredentials, type Secret } from './credentials.ts';
import { createFrontendMethod, type FrontendMethodName } from './frontend/sign-in.ts';
import { md5Hash } from './md5.ts';
import { buildVerifier, formatVerifier } from './scram/keys.ts';
import { startPostgres, systemBinDirectory, type TestPostgres } from './testing/postgres.ts';
import { createServerTls, type ServerTls } from './tls/contexts.ts';
import { serverEndPointHash } from './tls/server-end-point.ts';

const HBA = `
hostssl all bound 127.0.0.1/32 scram-sha-256
host all clear 127.0.0.1/32 password
host all hashed 127.0.0.1/32 md5
host all trusted 127.0.0.1/32 trust
host all all 127.0.0.1/32 scram-sha-256
`;

const ODD_PASSWORDS = [
  'pass word',
  '\u00aa',
  'I\u00adX',
  'a\u00a0b',
  '\u{1f600}\u00aa',
  '\u0627b',
  'x'.repeat(500),
  '\u2168',
];

const directory = mkdtempSync(join(tmpdir(), 'pgherd-auth-tls-'));
let node: TestPostgres;
let ours: ServerTls;

function makeCertificate(): { cert: string; key: string } {
  const [key, cert] = [join(directory, 'server.key'), join(directory, 'server.crt')];
  const args = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-subj',
    '/CN=localhost',
    '-sha384',
    '-keyout',
    key,
    '-out',
    cert,
  ];
  execFileSync('openssl', args, { stdio: 'pipe' });
  return { cert, key };
}

/** Signs in to the real server as the engine would; gives the verdict, and a way to ask. */
async function connect(
  user: string,
  parts: CredentialParts,
  how: { tls?: boolean; requireChannelBinding?: boolean } = {},
) {
  let socket: net.Socket = net.connect(node.port, '127.0.0.1');
  let peer: BackendSignInOptions['tls'] = null;
  if (how.tls === true) {
    socket.write(encodeSslRequest());
    await new Promise((done) => socket.once('data', done));
    const secure = tls.connect({ socket, rejectUnauthorized: false });
    await new Promise((done) => secure.once('secureConnect', done));
    peer = { peerEndPointHash: serverEndPointHash(secure.getPeerCertificate().raw) };
    socket = secure;
  }
  const signIn = createBackendSignIn({
    user,
    credentials: createCredentials(parts),
    nonce: randomBytes,
    ...how,
    tls: peer,
  });
  const params: [string, string][] = [
    ['user', user],
    ['database', 'postgres'],
  ];
  socket.write(encodeStartup({ protocol: PROTOCOL_3_0, params }));
  const reader = new FrameReader();
  const frames = (async function* (): AsyncGenerator<Frame> {
    for await (const chunk of socket) yield* reader.push(chunk as Buffer);
  })();
  const next = async (): Promise<Frame> => {
    const { value, done } = await frames.next();
    if (done === true) throw new Error('the server closed the connection');
    return value;
  };
  for (;;) {
    const { type, body } = await next();
    if (type === Backend.ERROR_RESPONSE) {
      socket.destroy();
      return { verdict: decodeErrorFields(body).sqlstate };
    }
    if (type !== Backend.AUTHENTICATION) continue;
    const step = await signIn.respond(decodeAuthentication(body));
    if (step.kind === 'send') socket.write(step.bytes);
    if (step.kind === 'fail') {
      socket.destroy();
      return { verdict: step.sqlstate, missing: step.missing };
    }
    if (step.kind === 'ok') return { verdict: step.proved ? 'proved' : 'not asked', socket, next };
  }
}

async function verdict(...args: Parameters<typeof connect>): Promise<string> {
  const { socket, verdict } = await connect(...args);
  socket?.destroy();
  return verdict;
}

// The system's PostgreSQL, with psql; without it these tests show up as skipped.
describe.skipIf(systemBinDirectory() === undefined)('a real PostgreSQL', () => {
  beforeAll(async () => {
    const files = makeCertificate();
    node = await startPostgres(HBA, { cert: readFileSync(files.cert, 'utf8'), key: readFileSync(files.key, 'utf8') });
    const verifier = formatVerifier(await buildVerifier('right', randomBytes(16), 4096));
    node.sql(`
      create role clear login password 'right';
      set password_encryption = 'md5';
      create role hashed login password 'right';
      set password_encryption = 'scram-sha-256';
      create role scrammed login password 'right';
      create role bound login password 'right';
      create role ours login password '${verifier}';
      create role trusted login password 'right';
      create role expired login password 'right' valid until '2001-01-01';
      create role locked nologin password 'right';
      ${ODD_PASSWORDS.map((password, i) => `create role odd${i} login password '${password}';`).join('\n')}
      ${AUTH_QUERY_SCRIPT}
      alter role pgherd_auth password 'lookup';
    `);
    ours = await createServerTls({
      ssl_key: files.key,
      ssl_cert: files.cert,
      ssl_ca_cert: '',
      ssl_ca_cert_dir: '',
      ssl_crl_file: '',
      ssl_ciphers: '',
      ssl_prefer_server_ciphers: false,
      ssl_ecdh_curve: '',
      ssl_dh_params_file: '',
      ssl_passphrase_command: '',
    });
  });
  afterAll(async () => {
    await node?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  describe('lets us in', () => {
    it.each(['clear', 'hashed', 'scrammed', 'ours'])('%s with the right password only', async (user) => {
      expect(await verdict(user, { password: 'right' })).toBe('proved');
      expect(await verdict(user, { password: 'wrong' })).toBe('28P01');
    });

    it('hashed with the stored hash alone', async () => {
      expect(await verdict('hashed', { md5: md5Hash('right', 'hashed') })).toBe('proved');
    });

    it('with SCRAM bound to its certificate', async () => {
      expect(await verdict('bound', { password: 'right' }, { tls: true, requireChannelBinding: true })).toBe('proved');
      expect(await verdict('bound', { password: 'wrong' }, { tls: true })).toBe('28P01');
    });

    it('trusted without a question, which proves nothing', async () => {
      expect(await verdict('trusted', { password: 'wrong' })).toBe('not asked');
      expect(await verdict('trusted', { password: 'wrong', unproved: true })).toBe('28P01');
    });

    it.each(ODD_PASSWORDS.map((_, i) => i))('with odd password %i, prepared as PostgreSQL does', async (i) => {
      expect(await verdict(`odd${i}`, { password: ODD_PASSWORDS[i] as string })).toBe('proved');
    });
  });

  describe('libpq signs in to us', () => {
    /** One psql against our frontend side; gives its exit status and what it said. */
    async function psql(
      method: FrontendMethodName,
      entry: Secret | null,
      password: string,
      options = '',
      more: { user?: string; knowsUser?: boolean } = {},
    ): Promise<{ status: number; error: string; keys?: CredentialParts['scram'] }> {
      const user = more.user ?? 'scrammed';
      let keys: CredentialParts['scram'];
      const listener = net.createServer((plain) => {
        void serve(plain).catch(() => plain.destroy());
      });
      async function serve(plain: net.Socket): Promise<void> {
        let socket: net.Socket = plain;
        let secured = false;
        let packet = (await nextChunk(socket)) as Buffer;
        if (packet.equals(encodeSslRequest())) {
          secured = !options.includes('sslmode=disable');
          socket.write('S');
          const inner = new tls.TLSSocket(plain, { ...ours.socketOptions, isServer: true });
          await new Promise((done) => inner.once('secure', done));
          socket = inner;
          packet = await nextChunk(socket);
        }
        const machine = createFrontendMethod(method, {
          user,
          entry,
          nonce: randomBytes,
          mockSecret: Buffer.alloc(32, 1),
          knowsUser: more.knowsUser,
          tls: secured ? { serverEndPointHash: ours.serverEndPointHash, clientCertificateCn: null } : null,
        });
        let step = await machine.begin();
        while (step.kind === 'send') {
          socket.write(step.bytes);
          step = await machine.respond((await nextChunk(socket)).subarray(5));
        }
        if (step.kind === 'refuse') {
          socket.end(encodeErrorResponse({ severity: 'FATAL', ...step.error }));
          return;
        }
        keys = step.credentials.scram;
        socket.write(
          Buffer.concat([step.bytes ?? Buffer.alloc(0), encodeAuthenticationOk(), encodeReadyForQuery('I')]),
        );
        await new Promise((done) => socket.once('close', done));
      }
      const nextChunk = (socket: net.Socket) =>
        new Promise<Buffer>((done, fail) => {
          socket.once('data', (chunk) => done(chunk as Buffer));
          socket.once('close', () => fail(new Error('closed')));
          socket.once('error', fail);
        });
      await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done));
      const { port } = listener.address() as net.AddressInfo;
      const target = `host=127.0.0.1 port=${port} user=${user} dbname=x gssencmode=disable connect_timeout=5 ${options}`;
      const env = { PATH: '/usr/bin:/bin', PGPASSWORD: password, LC_ALL: 'C' };
      const result = await new Promise<{ status: number; error: string }>((done) => {
        execFile(join(node.bin, 'psql'), ['-X', '-w', '-c', '\\conninfo', target], { env }, (error, _out, stderr) => {
          done({ status: error === null ? 0 : Number(error.code), error: stderr });
        });
      });
      listener.close();
      return keys === undefined ? result : { ...result, keys };
    }

    const stored = (user: string): string => node.sql(`select rolpassword from pg_authid where rolname = '${user}'`);

    it('by SCRAM with the verifier that the server has; the key it leaves opens the server', async () => {
      const entry: Secret = { kind: 'scram', verifier: stored('scrammed') };
      const { status, keys } = await psql('scram-sha-256', entry, 'right', 'sslmode=disable');
      expect(status).toBe(0);
      if (keys === undefined) throw new Error('no keys');
      expect(await verdict('scrammed', { scram: keys })).toBe('proved');
    });

    it('by SCRAM with channel binding required', async () => {
      const entry: Secret = { kind: 'text', password: 'right' };
      const options = 'sslmode=require channel_binding=require';
      expect((await psql('scram-sha-256', entry, 'right', options)).status).toBe(0);
      expect((await psql('md5', entry, 'right', options)).error).toContain('channel binding required');
    });

    it.each(['password', 'md5', 'scram-sha-256'] as const)('by %s, with the right password only', async (method) => {
      const entry: Secret = { kind: 'text', password: 'right' };
      expect((await psql(method, entry, 'right', 'sslmode=disable')).status).toBe(0);
      const { status, error } = await psql(method, entry, 'wrong', 'sslmode=disable');
      expect(status).toBe(2);
      expect(error).toContain('FATAL:  password authentication failed for user "scrammed"');
    });

    it('reads the same refusal for a user that does not exist', async () => {
      const { status, error } = await psql('scram-sha-256', null, 'right', 'sslmode=require', { knowsUser: false });
      expect(status).toBe(2);
      expect(error).toContain('FATAL:  password authentication failed for user "scrammed"');
    });
  });

  describe('auth_query', () => {
    async function lookup(user: string) {
      const { socket, next } = await connect('pgherd_auth', { password: 'lookup' });
      if (socket === undefined || next === undefined) throw new Error('pgherd_auth could not sign in');
      const values = [user];
      socket.write(
        Buffer.concat([
          encodeParse({ statement: '', sql: AUTH_QUERY, parameterTypes: [] }),
          encodeBind({ portal: '', statement: '', parameterFormats: [], values, resultFormats: [] }),
          encodeExecute({ portal: '', rowsMax: 0 }),
          encodeSync(),
        ]),
      );
      let row: ReturnType<typeof decodeAuthRow> | null = null;
      let readies = 0;
      while (readies < 2) {
        const { type, body } = await next();
        if (type === Backend.READY_FOR_QUERY) readies++;
        if (type === Backend.ERROR_RESPONSE) throw new Error(decodeErrorFields(body).message);
        if (type === Backend.DATA_ROW) row = decodeAuthRow(decodeDataRow(body));
      }
      socket.destroy();
      return row;
    }

    it('tells verifier, expiry and the right to log in', async () => {
      expect(await lookup('scrammed')).toMatchObject({ secret: { kind: 'scram' }, expired: false, canLogin: true });
      expect(await lookup('hashed')).toMatchObject({ secret: { kind: 'md5', hash: md5Hash('right', 'hashed') } });
      expect(await lookup('expired')).toMatchObject({ expired: true, canLogin: true });
      expect(await lookup('locked')).toMatchObject({ expired: false, canLogin: false });
      expect(await lookup("nobody' or true --")).toBeNull();
      expect(await lookup('SCRAMMED')).toBeNull();
    });

    it('is for its role alone', () => {
      expect(() => node.sql(`set role scrammed; select pgherd_auth.lookup('super')`)).toThrow('permission denied');
      expect(() => node.sql('set role pgherd_auth; select * from pg_authid')).toThrow('permission denied');
    });

    it('the script can be run again', () => {
      node.sql(AUTH_QUERY_SCRIPT);
    });

    it('is not led astray by operators and functions of somebody else', async () => {
      node.sql(`
        create function public.yes(text, text) returns bool language sql as 'select true';
        create operator public.= (leftarg = text, rightarg = text, function = public.yes);
        alter role pgherd_auth set search_path = public, pg_catalog;
      `);
      expect(await lookup('nobody')).toBeNull();
      expect(await lookup('hashed')).toMatchObject({ user: 'hashed' });
    });
  });
});
