/** TLS towards clients and towards servers: what is offered, what is proved, and what is refused. */
import { X509Certificate } from 'node:crypto';
import { createServer } from 'node:net';
import { type Cluster, ephemeralCluster, ScriptedBackend } from '@pgherd/lab';
import { encodeQuery, encodeSslRequest } from '@pgherd/wire';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Certificates, endPointHash, hasOpenssl, type KeyPair } from '../test-support/certificates.ts';
import { Engine, engineFor } from '../test-support/engine.ts';
import { env } from '../test-support/env.ts';
import { openFiles } from '../test-support/processes.ts';
import { RawClient, type SignIn } from '../test-support/raw-client.ts';
import { addHba, writeServerFile } from '../test-support/server-files.ts';
import { until } from '../test-support/wait.ts';

describe.runIf(hasOpenssl())('TLS', () => {
  const certificates = new Certificates();
  let authority: KeyPair;
  let foreign: KeyPair;
  let server: KeyPair;
  let cluster: Cluster;
  let engine: Engine;

  const HBA = [
    'hostssl   tls_only    all 127.0.0.1/32 trust',
    'hostnossl plain_only  all 127.0.0.1/32 trust',
    'hostssl   certs       all 127.0.0.1/32 cert',
    'host      certs       all 127.0.0.1/32 reject',
    'host      scram       all 127.0.0.1/32 scram-sha-256',
    'host      app         all 127.0.0.1/32 trust',
    '',
  ].join('\n');

  beforeAll(async () => {
    authority = certificates.authority('herd');
    foreign = certificates.authority('foreign');
    server = certificates.signed('localhost', authority);
    cluster = await ephemeralCluster({ nodes: 1, pgBin: 'embedded' });
    for (const name of ['tls_only', 'plain_only', 'certs', 'scram']) {
      await cluster.primary.query(`CREATE DATABASE ${name}`);
    }
    const own = certificates.signed('localhost', authority);
    writeServerFile(cluster.primary, 'server.crt', own.cert);
    writeServerFile(cluster.primary, 'server.key', own.key);
    await cluster.primary.query('ALTER SYSTEM SET ssl = on');
    await addHba(cluster.primary, ['hostnossl all app 127.0.0.1/32 reject']);
    engine = await start();
  });

  afterAll(async () => {
    await engine?.stop();
    await cluster?.destroy();
  });

  function start(settings: Record<string, string | number | boolean> = {}): Promise<Engine> {
    return engineFor(cluster, {
      hba: HBA,
      files: {
        'server.crt': server.cert,
        'server.key': server.key,
        'ca.crt': authority.cert,
        'foreign.crt': foreign.cert,
      },
      settings: { ssl: true, ssl_cert: 'server.crt', ssl_key: 'server.key', ssl_ca_cert: 'ca.crt', ...settings },
    });
  }

  function connect(database: string, more: Partial<SignIn> = {}): Promise<RawClient> {
    return RawClient.signIn(engine.address, { user: 'app', database, ...more });
  }

  /** '' when it gets in, else why not. */
  async function verdict(database: string, more: Partial<SignIn> = {}): Promise<string> {
    try {
      const client = await connect(database, more);
      expect(await client.value('SELECT session_user')).toBe('app');
      await client.end();
      return '';
    } catch (error) {
      return String(error);
    }
  }

  const password = (): string => cluster.secrets.app.password;

  describe('towards clients', () => {
    it('is there for those who ask, and hostssl and hostnossl tell them apart', async () => {
      expect(await verdict('app')).toBe('');
      expect(await verdict('app', { tls: {} })).toBe('');
      expect(await verdict('tls_only', { tls: {} })).toBe('');
      expect(await verdict('tls_only')).toMatch(/28000.*no pool_hba.conf entry.*no encryption/);
      expect(await verdict('plain_only')).toBe('');
      expect(await verdict('plain_only', { tls: {} })).toMatch(/28000.*no pool_hba.conf entry.*SSL encryption/);
    });

    it('has the certificate of the settings, and at least TLS 1.2', async () => {
      const client = await connect('app', {
        tls: { ca: authority.cert, rejectUnauthorized: true, servername: 'localhost' },
      });
      expect(client.tlsSocket.authorized).toBe(true);
      await client.end();
      expect(
        await verdict('app', { tls: { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' } }),
      ).not.toBe('');
      expect(await verdict('app', { tls: { maxVersion: 'TLSv1.2' } })).toBe('');
    });

    it('is not for Unix sockets', async () => {
      const client = await RawClient.open({ path: engine.socketPath }, { framed: false });
      client.send(encodeSslRequest());
      expect((await client.bytes(1)).toString()).toBe('N');
      client.destroy();
    });

    it('without a question first (direct TLS) needs the protocol’s name', async () => {
      const direct = { direct: true };
      expect(await verdict('tls_only', { tls: { ...direct, ALPNProtocols: ['postgresql'] } })).toBe('');
      expect(await verdict('tls_only', { tls: { ...direct, ALPNProtocols: ['h2', 'postgresql'] } })).toBe('');
      expect(await verdict('tls_only', { tls: direct })).not.toBe('');
      expect(await verdict('tls_only', { tls: { ...direct, ALPNProtocols: ['http/1.1'] } })).not.toBe('');
    });

    it('a large result and a large parameter go through', async () => {
      const client = await connect('tls_only', { tls: {} });
      expect(await client.value(`SELECT length('${'x'.repeat(3_000_000)}')`)).toBe('3000000');
      expect((await client.value("SELECT repeat('y', 5000000)"))?.length).toBe(5_000_000);
      await client.end();
    });

    it('a reader that stops reading over TLS fills no memory, and others go on', async () => {
      const stuck = await connect('tls_only', { tls: {} });
      stuck.send(encodeQuery("SELECT repeat('x', 1000) FROM generate_series(1, 500000)"));
      await stuck.frame();
      stuck.pause();
      const pidOfWorker = engine.workerPids()[0] ?? 0;
      expect(pidOfWorker).toBeGreaterThan(0);
      for (let i = 0; i < 50; i++) expect(await verdict('app', { tls: {} })).toBe('');
      stuck.destroy();
    });

    it('a cancel request may come over TLS', async () => {
      const client = await connect('tls_only', { tls: {} });
      const sleeping = client.query('SELECT pg_sleep(60)');
      const running = `SELECT 1 FROM pg_stat_activity WHERE pid = ${client.greeting?.pid} AND state = 'active'`;
      await until('it runs', async () => (await cluster.primary.query(running)).length === 1);
      const canceller = await RawClient.open(engine.address, { framed: false });
      canceller.send(encodeSslRequest());
      await canceller.bytes(1);
      await canceller.secure({});
      const request = Buffer.alloc(16);
      request.writeUInt32BE(16, 0);
      request.writeUInt32BE(80877102, 4);
      request.writeInt32BE(client.greeting?.pid ?? 0, 8);
      client.greeting?.secret.copy(request, 12);
      canceller.send(request);
      expect((await sleeping).errors.map(({ sqlstate }) => sqlstate)).toEqual(['57014']);
      await client.end();
    });
  });

  describe('SCRAM with channel binding', () => {
    const bound = (cert: string) => ({ binding: { flag: 'p', data: endPointHash(cert) } as const });

    it('is offered under TLS only', async () => {
      const plain = await connect('scram', { password: password() });
      expect(plain.greeting?.mechanisms).toEqual(['SCRAM-SHA-256']);
      await plain.end();
      const secure = await connect('scram', { password: password(), tls: {} });
      expect(secure.greeting?.mechanisms).toEqual(['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256']);
      await secure.end();
    });

    it('binds to our certificate, and to no other', async () => {
      expect(await verdict('scram', { password: password(), tls: {}, ...bound(server.cert) })).toBe('');
      expect(await verdict('scram', { password: 'wrong', tls: {}, ...bound(server.cert) })).toMatch(/28P01/);
      expect(await verdict('scram', { password: password(), tls: {}, ...bound(foreign.cert) })).toMatch(/28|08P01/);
    });

    it('a client that could bind and was told that it cannot is being attacked', async () => {
      expect(await verdict('scram', { password: password(), tls: {}, binding: { flag: 'y' } })).toMatch(/28|08P01/);
      expect(await verdict('scram', { password: password(), tls: {}, binding: { flag: 'n' } })).toBe('');
      expect(await verdict('scram', { password: password(), binding: { flag: 'y' } })).toBe('');
      expect(await verdict('scram', { password: password(), ...bound(server.cert) })).toMatch(/28|08P01/);
    });

    it('works with the library pg, which has its own idea of all this', async () => {
      for (const enableChannelBinding of [true, false]) {
        const client = new pg.Client({
          ...engine.address,
          user: 'app',
          database: 'scram',
          password: password(),
          ssl: { rejectUnauthorized: true, ca: authority.cert, servername: 'localhost' },
          enableChannelBinding,
        });
        await client.connect();
        expect((await client.query('SELECT $1::int AS n', [7])).rows).toEqual([{ n: 7 }]);
        await client.end();
      }
    });
  });

  describe('client certificates', () => {
    it('let in whose name they bear, and nobody else', async () => {
      const withCert = ({ cert, key }: KeyPair): Partial<SignIn> => ({ tls: { cert, key } });
      const own = certificates.signed('app', authority);
      expect(await verdict('certs', withCert(own))).toBe('');
      expect(await verdict('certs', withCert(certificates.signed('APP', authority)))).toBe('');
      expect(await verdict('certs', withCert(certificates.signed('other', authority)))).toMatch(/28000/);
      expect(await verdict('certs', withCert(certificates.signed('app x', authority)))).toMatch(/28000/);
      expect(await verdict('certs', { tls: {} })).toMatch(/28000/);
      expect(await verdict('certs')).toMatch(/28000/);
      const impostor = await verdict('certs', withCert(certificates.signed('app', foreign)));
      expect(impostor).not.toBe('');
      const selfMade = await verdict('certs', withCert(certificates.authority('app')));
      expect(selfMade).not.toBe('');
    });

    it('that do not verify are refused whatever the method', async () => {
      const { cert, key } = certificates.signed('app', foreign);
      expect(await verdict('tls_only', { tls: { cert, key } })).not.toBe('');
    });
  });

  describe('reload', () => {
    it('a new certificate is shown to new clients, and those who are in stay', async () => {
      const shown = async (): Promise<string> => {
        const client = await connect('tls_only', { tls: {} });
        const { raw } = client.tlsSocket.getPeerCertificate();
        await client.end();
        return new X509Certificate(raw).fingerprint256;
      };
      const stays = await connect('tls_only', { tls: {} });
      const before = await shown();
      const next = certificates.signed('localhost', authority);
      engine.write('server.crt', next.cert);
      expect(await engine.reload()).toMatchObject({ ok: false }); // the key is still the old one
      expect(await shown()).toBe(before);
      engine.write('server.key', 'not a key');
      const report = await engine.reload();
      expect(report.ok).toBe(false);
      expect(report.errors.join()).toMatch(/ssl_key.*server\.key/);
      expect(await shown()).toBe(before);
      engine.write('server.key', next.key);
      expect(await engine.reload()).toMatchObject({ ok: true });
      expect(await shown()).toBe(new X509Certificate(next.cert).fingerprint256);
      expect(
        await verdict('scram', {
          password: password(),
          tls: {},
          binding: { flag: 'p', data: endPointHash(next.cert) },
        }),
      ).toBe('');
      expect(await stays.value('SELECT 1')).toBe('1');
      await stays.end();
    });
  });

  describe('towards servers', () => {
    const encrypted = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';

    it('is used where the server has it, for cancel requests too', async () => {
      const client = await connect('app');
      expect(await client.value(encrypted)).toBe('t');
      const sleeping = client.query('SELECT pg_sleep(60)');
      const running = `SELECT 1 FROM pg_stat_activity WHERE pid = ${client.greeting?.pid} AND state = 'active'`;
      await until('it runs', async () => (await cluster.primary.query(running)).length === 1);
      await client.cancel(engine.address);
      expect((await sleeping).errors.map(({ sqlstate }) => sqlstate)).toEqual(['57014']);
      await client.end();
    });

    it('a server whose certificate does not verify is not spoken to', async () => {
      const strict = await start({ ssl_ca_cert: 'foreign.crt' });
      try {
        const refusal = await RawClient.signIn(strict.address, { user: 'app', database: 'app' }).catch(String);
        expect(refusal).toMatch(/08006/);
        await until('the log says why', () => /certificate/i.test(strict.logText()));
      } finally {
        await strict.stop();
      }
    });

    it('without ssl it is not used, and the server’s refusal is passed on', async () => {
      const plain = await start({ ssl: false });
      try {
        const refusal = await RawClient.signIn(plain.address, { user: 'app', database: 'app' }).catch(String);
        expect(refusal).toMatch(/28000.*pg_hba\.conf rejects.*no encryption/);
        const asked = await RawClient.open(plain.address, { framed: false });
        asked.send(encodeSslRequest());
        expect((await asked.bytes(1)).toString()).toBe('N');
        asked.destroy();
      } finally {
        await plain.stop();
      }
    });

    it('a server without it is spoken to in the clear', async () => {
      const backend = await ScriptedBackend.open();
      const before = await Engine.start({
        backends: [backend],
        hba: 'host all all 127.0.0.1/32 trust\n',
        files: { 'server.crt': server.cert, 'server.key': server.key },
        settings: { ssl: true, ssl_cert: 'server.crt', ssl_key: 'server.key' },
      });
      try {
        const client = await RawClient.signIn(before.address, { user: 'u', tls: {} });
        expect(await client.value("SELECT 'clear'")).toBe('clear');
        await client.end();
      } finally {
        await before.stop();
        await backend.close();
      }
    });
  });

  describe('handshakes that come to nothing', () => {
    const ROUNDS = env.soak ? 10_000 : 300;

    it('ProxySQL 2.5.5 notes: leave no descriptor behind, wherever they end', async () => {
      const worker = engine.workerPids()[0] ?? 0;
      // What a client says first in a handshake.
      const hello = await clientHello();
      await connect('app').then((client) => client.end());
      const before = openFiles(worker);
      for (let round = 0; round < ROUNDS; round++) {
        const client = await RawClient.open(engine.address, { framed: false });
        client.send(encodeSslRequest());
        await client.bytes(1);
        client.send(hello.subarray(0, round % (hello.length + 1)));
        if (round % 3 === 0) client.reset();
        else if (round % 3 === 1) client.finish();
        else client.destroy();
      }
      for (let round = 0; round < 100; round++) {
        const client = await RawClient.open(engine.address, { framed: false });
        client.send(round % 2 === 0 ? encodeSslRequest() : Buffer.alloc(0), Buffer.from('1603010200', 'hex'));
        client.send(Buffer.alloc(60, round));
        client.finish();
      }
      await until('all descriptors are given back', () => openFiles(worker) <= before + 2);
      expect(await verdict('tls_only', { tls: {} })).toBe('');
      await until('all slots are free', async () => (await engine.status()).clients === 0);
    }, 300_000);

    async function clientHello(): Promise<Buffer> {
      const heard: Buffer[] = [];
      const listener = createServer((socket) => socket.on('data', (bytes) => heard.push(bytes)).on('error', () => {}));
      await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
      const { port } = listener.address() as { port: number };
      const client = await RawClient.open({ host: '127.0.0.1', port }, { framed: false });
      client.secure({}).catch(() => {});
      await until('the hello', () => heard.length > 0);
      client.destroy();
      listener.close();
      return Buffer.concat(heard);
    }
  });

  it('a client that sends nothing for an empty password, over TLS, is refused and nothing else happens', async () => {
    expect(await verdict('scram', { password: '', tls: {} })).toMatch(/28P01/);
    expect(await verdict('tls_only', { tls: {} })).toBe('');
  });
});
