import { constants, X509Certificate } from 'node:crypto';
import tls from 'node:tls';
import { reasonOf, TlsConfigurationError } from './error.ts';
import { readCertificateDirectory, readCertificates, readPrivateKey, readTlsFile } from './files.ts';
import { serverEndPointHash } from './server-end-point.ts';
import type { TlsSettings } from './settings.ts';

/** TLS towards clients: what a handshake needs, made once per configuration. */
export interface ServerTls {
  /** For `new tls.TLSSocket(socket, { ...socketOptions, isServer: true })`. */
  readonly socketOptions: tls.TLSSocketOptions;
  /** Channel-binding data of our certificate; null where its signature algorithm has no digest. */
  readonly serverEndPointHash: Buffer | null;
  /** True when ssl_ca_cert or ssl_ca_cert_dir is set: see `clientCertificate` for what to do after the handshake. */
  readonly asksClientCertificate: boolean;
}

/** TLS towards backends. */
export interface ClientTls {
  /** For `tls.connect({ ...connectOptions, socket })`. */
  readonly connectOptions: tls.ConnectionOptions;
  /** False: any certificate is taken, which protects from listening but not from an impostor. */
  readonly verifiesServer: boolean;
}

/** OpenSSL's own TLS 1.3 suites, which ssl_ciphers does not touch. Node would switch 1.3 off without any. */
const TLS13_SUITES = 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256';

/** @throws TlsConfigurationError naming the parameter, the file and the reason. */
export async function createServerTls(settings: TlsSettings): Promise<ServerTls> {
  if (settings.ssl_cert === '') throw new TlsConfigurationError('ssl_cert', null, 'is needed when ssl is on');
  if (settings.ssl_key === '') throw new TlsConfigurationError('ssl_key', null, 'is needed when ssl is on');
  const cert = await readCertificates('ssl_cert', settings.ssl_cert);
  const key = await readPrivateKey(settings.ssl_key, settings.ssl_passphrase_command, cert);
  const trust = await readTrust(settings);
  const secureContext = createContext(settings, {
    ...trust,
    cert,
    key: key.pem,
    ...(key.passphrase !== undefined && { passphrase: key.passphrase }),
    dhparam: settings.ssl_dh_params_file === '' ? 'auto' : await readDhParams(settings.ssl_dh_params_file),
    // As PostgreSQL: no tickets (resumed sessions skip the client's certificate), no renegotiation.
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  });
  const asksClientCertificate = trust.ca !== undefined;
  return {
    // Not `rejectUnauthorized`: a client without certificate is fine for every method but cert.
    socketOptions: { secureContext, requestCert: asksClientCertificate, rejectUnauthorized: false },
    serverEndPointHash: serverEndPointHash(new X509Certificate(cert).raw),
    asksClientCertificate,
  };
}

/** @throws TlsConfigurationError naming the parameter, the file and the reason. */
export async function createClientTls(settings: TlsSettings): Promise<ClientTls> {
  const trust = await readTrust(settings);
  const secureContext = createContext(settings, trust);
  const verifiesServer = trust.ca !== undefined;
  return {
    // As in Pgpool-II the host name is not compared; the chain is, once there is something to compare it with.
    connectOptions: { secureContext, rejectUnauthorized: verifiesServer, checkServerIdentity: () => undefined },
    verifiesServer,
  };
}

async function readTrust(settings: TlsSettings): Promise<{ ca?: Buffer[]; crl?: Buffer }> {
  const ca: Buffer[] = [];
  if (settings.ssl_ca_cert !== '') ca.push(await readCertificates('ssl_ca_cert', settings.ssl_ca_cert));
  if (settings.ssl_ca_cert_dir !== '') {
    ca.push(...(await readCertificateDirectory('ssl_ca_cert_dir', settings.ssl_ca_cert_dir)));
  }
  const crl = settings.ssl_crl_file === '' ? undefined : await readTlsFile('ssl_crl_file', settings.ssl_crl_file);
  if (crl !== undefined) {
    tryOption('ssl_crl_file', settings.ssl_crl_file, { crl });
    if (ca.length === 0) throw new TlsConfigurationError('ssl_crl_file', null, 'has no effect without ssl_ca_cert');
  }
  return { ...(ca.length > 0 && { ca }), ...(crl !== undefined && { crl }) };
}

async function readDhParams(file: string): Promise<Buffer> {
  const dhparam = await readTlsFile('ssl_dh_params_file', file);
  // Node passes over what it cannot read here, and would then speak without Diffie-Hellman.
  if (!/-----BEGIN (?:X9\.42 )?DH PARAMETERS-----\s+MI/.test(dhparam.toString('latin1'))) {
    throw new TlsConfigurationError('ssl_dh_params_file', file, 'has no DH parameters in PEM form');
  }
  tryOption('ssl_dh_params_file', file, { dhparam });
  return dhparam;
}

function createContext(settings: TlsSettings, options: tls.SecureContextOptions): tls.SecureContext {
  const ciphers = settings.ssl_ciphers === '' ? {} : { ciphers: `${TLS13_SUITES}:${settings.ssl_ciphers}` };
  const curve = settings.ssl_ecdh_curve === '' ? {} : { ecdhCurve: settings.ssl_ecdh_curve };
  tryOption('ssl_ciphers', null, ciphers);
  tryOption('ssl_ecdh_curve', null, curve);
  const all: tls.SecureContextOptions = {
    ...options,
    ...ciphers,
    ...curve,
    honorCipherOrder: settings.ssl_prefer_server_ciphers,
    minVersion: 'TLSv1.2',
  };
  try {
    return tls.createSecureContext(all);
  } catch (error) {
    throw new TlsConfigurationError('ssl', null, reasonOf(error), error);
  }
}

/** Each option is tried alone first, so that a refusal names the parameter it comes from. */
function tryOption(parameter: string, file: string | null, options: tls.SecureContextOptions): void {
  try {
    tls.createSecureContext(options);
  } catch (error) {
    throw new TlsConfigurationError(parameter, file, reasonOf(error), error);
  }
}
