import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClientCertificate, clientCertificate } from './client-certificate.ts';
import { createClientTls, createServerTls } from './contexts.ts';
import { TlsConfigurationError } from './error.ts';
import { serverEndPointHash } from './server-end-point.ts';
import type { TlsSettings } from './settings.ts';

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

const directory = mkdtempSync(join(tmpdir(), 'pgherd-tls-'));
const path = (name: string) => join(directory, name);
const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' });
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A key and a certificate, self-signed or by `ca`. */
function makeCertificate(name: string, subject: string, ca?: string, ...more: string[]): void {
  openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', `${name}.key`);
  chmodSync(path(`${name}.key`), 0o600);
  const signer = ca === undefined ? [] : ['-CA', `${ca}.crt`, '-CAkey', `${ca}.key`];
  openssl(
    'req',
    '-new',
    '-x509',
    '-key',
    `${name}.key`,
    '-subj',
    subject,
    '-days',
    '30',
    ...signer,
    '-out',
    `${name}.crt`,
    ...more,
  );
}

const SETTINGS: TlsSettings = {
  ssl_key: path('server.key'),
  ssl_cert: path('server.crt'),
  ssl_ca_cert: '',
  ssl_ca_cert_dir: '',
  ssl_crl_file: '',
  ssl_ciphers: 'HIGH:MEDIUM:+3DES:!aNULL',
  ssl_prefer_server_ciphers: false,
  ssl_ecdh_curve: 'prime256v1',
  ssl_dh_params_file: '',
  ssl_passphrase_command: '',
};

/** One handshake between our two sides; gives what each saw. */
async function handshake(server: TlsSettings, client: tls.ConnectionOptions) {
  const ours = await createServerTls(server);
  const listener = net.createServer();
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const port = (listener.address() as net.AddressInfo).port;
  const accepted = once(listener, 'connection') as Promise<[net.Socket]>;
  const secured = tls.connect({ ...client, port, host: '127.0.0.1' });
  const [socket] = await accepted;
  const inner = new tls.TLSSocket(socket, { ...ours.socketOptions, isServer: true });
  inner.on('error', () => {});
  try {
    const seen = once(inner, 'secure');
    await once(secured, 'secureConnect');
    await seen;
    const peer = secured.getPeerCertificate();
    return {
      protocol: secured.getProtocol(),
      cipher: secured.getCipher().name,
      certificate: clientCertificate(inner) as ClientCertificate,
      clientSideHash: serverEndPointHash(peer.raw),
      serverSideHash: ours.serverEndPointHash,
    };
  } finally {
    secured.destroy();
    inner.destroy();
    listener.close();
  }
}

const refusal = async (settings: Partial<TlsSettings>): Promise<TlsConfigurationError> => {
  const error = await createServerTls({ ...SETTINGS, ...settings }).catch((reason: unknown) => reason);
  if (error instanceof TlsConfigurationError) return error;
  throw new Error(`nothing was refused: ${String(error)}`);
};

// Certificates are made by the openssl command; without it these tests show up as skipped.
describe.skipIf(!hasOpenssl())('TLS', () => {
  beforeAll(() => {
    makeCertificate('ca', '/CN=test ca');
    makeCertificate('server', '/CN=server', 'ca');
    makeCertificate('alice', '/CN=alice', 'ca');
    makeCertificate('two', '/CN=alice/CN=root', 'ca');
    makeCertificate('stranger', '/CN=alice');
    writeFileSync(path('broken.crt'), '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    writeFileSync(path('text.txt'), 'no certificate');
    mkdirSync(path('ca.d'));
    writeFileSync(path('ca.d/ca.pem'), readFileSync(path('ca.crt')));
    mkdirSync(path('empty.d'));
    openssl('pkcs8', '-topk8', '-in', 'server.key', '-passout', 'pass:s3cret', '-out', 'locked.key');
    chmodSync(path('locked.key'), 0o600);
  });

  describe('handshake', () => {
    it('with the settings of Pgpool-II speaks TLS 1.3, whose suites ssl_ciphers does not touch', async () => {
      const { connectOptions, verifiesServer } = await createClientTls(SETTINGS);
      const seen = await handshake(SETTINGS, connectOptions);
      expect(seen).toMatchObject({ protocol: 'TLSv1.3', certificate: { kind: 'none' } });
      expect(verifiesServer).toBe(false);
    });

    it('ssl_ciphers decides what TLS 1.2 uses', async () => {
      const seen = await handshake(
        { ...SETTINGS, ssl_ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' },
        { rejectUnauthorized: false, maxVersion: 'TLSv1.2' },
      );
      expect(seen).toMatchObject({ protocol: 'TLSv1.2', cipher: 'ECDHE-ECDSA-AES128-GCM-SHA256' });
    });

    it('TLS 1.1 is refused', async () => {
      const client: tls.ConnectionOptions = { rejectUnauthorized: false, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' };
      await expect(handshake(SETTINGS, client)).rejects.toThrow();
    });

    it('both sides compute the same channel-binding data', async () => {
      const seen = await handshake(SETTINGS, { rejectUnauthorized: false });
      expect(seen.serverSideHash).toHaveLength(32);
      expect(seen.clientSideHash).toEqual(seen.serverSideHash);
    });

    it.each(['ssl_ca_cert', 'ssl_ca_cert_dir'] as const)('with %s the server is verified', async (name) => {
      const trusting = { ...SETTINGS, [name]: path(name === 'ssl_ca_cert' ? 'ca.crt' : 'ca.d') };
      const { connectOptions, verifiesServer } = await createClientTls(trusting);
      expect(verifiesServer).toBe(true);
      expect(await handshake(SETTINGS, connectOptions)).toMatchObject({ protocol: 'TLSv1.3' });
      const impostor = { ...SETTINGS, ssl_cert: path('stranger.crt'), ssl_key: path('stranger.key') };
      await expect(handshake(impostor, connectOptions)).rejects.toThrow();
    });
  });

  describe("the client's certificate", () => {
    const asking = { ...SETTINGS, ssl_ca_cert: path('ca.crt') };
    const withCertificate = (name: string): tls.ConnectionOptions => ({
      rejectUnauthorized: false,
      cert: readFileSync(path(`${name}.crt`)),
      key: readFileSync(path(`${name}.key`)),
    });

    it('names the user when the CA vouches for it', async () => {
      const { certificate } = await handshake(asking, withCertificate('alice'));
      expect(certificate).toEqual({ kind: 'valid', commonName: 'alice' });
    });

    it('of nobody is none, and none is asked for without a CA', async () => {
      expect((await handshake(asking, { rejectUnauthorized: false })).certificate).toEqual({ kind: 'none' });
      expect((await handshake(SETTINGS, withCertificate('alice'))).certificate).toEqual({ kind: 'none' });
    });

    it('from another CA is invalid, whatever name it has', async () => {
      const { certificate } = await handshake(asking, withCertificate('stranger'));
      expect(certificate).toMatchObject({ kind: 'invalid' });
    });

    it('with two names names nobody', async () => {
      const { certificate } = await handshake(asking, withCertificate('two'));
      expect(certificate).toEqual({ kind: 'valid', commonName: null });
    });

    it('that is revoked is invalid', async () => {
      writeFileSync(path('index.txt'), '');
      writeFileSync(
        path('ca.cnf'),
        '[ca]\ndefault_ca=c\n[c]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=30\n',
      );
      const ca = ['-config', 'ca.cnf', '-cert', 'ca.crt', '-keyfile', 'ca.key'];
      openssl('ca', ...ca, '-revoke', 'alice.crt');
      openssl('ca', ...ca, '-gencrl', '-out', 'ca.crl');
      const { certificate } = await handshake({ ...asking, ssl_crl_file: path('ca.crl') }, withCertificate('alice'));
      expect(certificate).toMatchObject({ kind: 'invalid', reason: 'CERT_REVOKED' });
    });
  });

  describe('settings that cannot be used name parameter, file and reason', () => {
    it.each([
      ['no certificate', { ssl_cert: '' }, 'ssl_cert: is needed when ssl is on'],
      ['no key', { ssl_key: '' }, 'ssl_key: is needed when ssl is on'],
      [
        'a missing certificate',
        { ssl_cert: path('none.crt') },
        `ssl_cert "${path('none.crt')}": cannot be read: no such file or directory`,
      ],
      ['a directory', { ssl_cert: directory }, `ssl_cert "${directory}": cannot be read: is a directory`],
      ['a text file', { ssl_cert: path('text.txt') }, `ssl_cert "${path('text.txt')}": has no certificate in PEM form`],
      [
        'a missing CA',
        { ssl_ca_cert: path('none.crt') },
        `ssl_ca_cert "${path('none.crt')}": cannot be read: no such file or directory`,
      ],
      [
        'an empty CA directory',
        { ssl_ca_cert_dir: path('empty.d') },
        `ssl_ca_cert_dir "${path('empty.d')}": holds no certificate`,
      ],
      [
        'the key of another',
        { ssl_key: path('alice.key') },
        `ssl_key "${path('alice.key')}": does not belong to the certificate in ssl_cert`,
      ],
      ['ciphers that do not exist', { ssl_ciphers: 'NOPE' }, 'ssl_ciphers: no cipher match'],
      [
        'a locked key without a command',
        { ssl_key: path('locked.key') },
        `ssl_key "${path('locked.key')}": is encrypted, and ssl_passphrase_command is not set`,
      ],
      ['a CRL without a CA', { ssl_crl_file: path('ca.crl') }, 'ssl_crl_file: has no effect without ssl_ca_cert'],
    ])('%s', async (_, settings, message) => {
      expect((await refusal(settings)).message).toBe(message);
    });

    it.each([
      ['a broken certificate', { ssl_cert: path('broken.crt') }, 'ssl_cert'],
      ['a curve that does not exist', { ssl_ecdh_curve: 'nope' }, 'ssl_ecdh_curve'],
      ['DH parameters that are none', { ssl_dh_params_file: path('text.txt') }, 'ssl_dh_params_file'],
      ['a CRL that is none', { ssl_crl_file: path('text.txt'), ssl_ca_cert: path('ca.crt') }, 'ssl_crl_file'],
    ])('%s', async (_, settings, parameter) => {
      expect((await refusal(settings)).parameter).toBe(parameter);
    });

    it.each([0o644, 0o660, 0o604])('a key with rights %o', async (mode) => {
      writeFileSync(path('open.key'), readFileSync(path('server.key')));
      chmodSync(path('open.key'), mode);
      expect((await refusal({ ssl_key: path('open.key') })).message).toContain('has group or world access');
    });
  });

  describe('ssl_passphrase_command', () => {
    const locked = { ...SETTINGS, ssl_key: path('locked.key') };

    it('unlocks the key; %p is the prompt and %% a percent sign', async () => {
      const command = `printf 's3cret\\nrest'; printf '%%s' "%p" > "${path('prompt')}"`;
      await createServerTls({ ...locked, ssl_passphrase_command: command });
      expect(readFileSync(path('prompt'), 'utf8')).toBe('Enter PEM pass phrase:');
    });

    it.each([
      ['echo wrong-canary', 'cannot be decrypted'],
      ['echo canary >&2; exit 3', 'the command ended with status 3'],
      ['true', 'the command printed nothing'],
    ])('%s is refused without a word of the secret', async (command, reason) => {
      const error = await refusal({ ...locked, ssl_passphrase_command: command });
      expect(error.message).toContain(reason);
      expect(error.message).not.toContain('canary');
    });
  });

  describe('tls-server-end-point', () => {
    const der = (name: string) => new X509Certificate(readFileSync(path(name))).raw;
    beforeAll(() => {
      openssl('genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', 'rsa.key');
      openssl('genpkey', '-algorithm', 'ED25519', '-out', 'ed.key');
    });

    it.each([
      ['rsa.key', ['-sha1'], 'sha256'],
      ['rsa.key', ['-md5'], 'sha256'],
      ['rsa.key', ['-sha224'], 'sha224'],
      ['rsa.key', ['-sha256'], 'sha256'],
      ['rsa.key', ['-sha384'], 'sha384'],
      ['rsa.key', ['-sha512'], 'sha512'],
      ['rsa.key', ['-sha384', '-sigopt', 'rsa_padding_mode:pss'], 'sha384'],
      ['rsa.key', ['-sha1', '-sigopt', 'rsa_padding_mode:pss'], 'sha256'],
      ['ca.key', ['-sha1'], 'sha256'],
      ['ca.key', ['-sha256'], 'sha256'],
      ['ca.key', ['-sha512'], 'sha512'],
      ['ed.key', [], null],
    ])('%s signed with %j: %s', (key, options, digest) => {
      openssl('req', '-new', '-x509', '-key', key, '-subj', '/CN=x', '-days', '30', '-out', 'x.crt', ...options);
      const certificate = der('x.crt');
      const expected = digest === null ? null : createHash(digest).update(certificate).digest();
      expect(serverEndPointHash(certificate)).toEqual(expected);
    });

    it('of a damaged certificate is null, never an error', () => {
      const certificate = der('server.crt');
      for (let length = 0; length < certificate.length; length++) {
        expect(serverEndPointHash(certificate.subarray(0, length))).toBeNull();
      }
      for (let at = 0; at < certificate.length; at++) {
        const damaged = Buffer.from(certificate);
        damaged.writeUInt8(damaged.readUInt8(at) ^ 0xff, at);
        serverEndPointHash(damaged);
      }
    });
  });
});
