import { execFile } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf, TlsConfigurationError } from './error.ts';

const PASSPHRASE_COMMAND_MS_MAX = 10_000;
const PASSPHRASE_PROMPT = 'Enter PEM pass phrase:';

export async function readTlsFile(parameter: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new TlsConfigurationError(parameter, file, `cannot be read: ${systemReason(error)}`, error);
  }
}

/** A certificate or chain in PEM; each certificate in it has to parse. */
export async function readCertificates(parameter: string, file: string): Promise<Buffer> {
  const pem = await readTlsFile(parameter, file);
  const blocks = pem.toString('latin1').match(/-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^-]*-----END/g) ?? [];
  if (blocks.length === 0) throw new TlsConfigurationError(parameter, file, 'has no certificate in PEM form');
  for (const block of blocks) {
    try {
      new X509Certificate(`${block} CERTIFICATE-----\n`);
    } catch (error) {
      throw new TlsConfigurationError(parameter, file, reasonOf(error), error);
    }
  }
  return pem;
}

/** Every certificate of a directory, which OpenSSL would look up by hashed name; files without one are passed over. */
export async function readCertificateDirectory(parameter: string, directory: string): Promise<Buffer[]> {
  let names: string[];
  try {
    names = await readdir(directory);
  } catch (error) {
    throw new TlsConfigurationError(parameter, directory, `cannot be read: ${systemReason(error)}`, error);
  }
  const certificates: Buffer[] = [];
  for (const name of names.filter((name) => /\.(?:pem|crt|cer|[0-9]+)$/.test(name)).sort()) {
    const file = join(directory, name);
    if ((await stat(file)).isFile()) certificates.push(await readCertificates(parameter, file));
  }
  if (certificates.length === 0) throw new TlsConfigurationError(parameter, directory, 'holds no certificate');
  return certificates;
}

export interface PrivateKey {
  readonly pem: Buffer;
  readonly passphrase: string | undefined;
}

/** Checks rights as PostgreSQL does, asks the command for a pass phrase if the key needs one, and tries the key. */
export async function readPrivateKey(file: string, passphraseCommand: string, cert: Buffer): Promise<PrivateKey> {
  await checkKeyRights(file);
  const pem = await readTlsFile('ssl_key', file);
  const passphrase = isEncrypted(pem) ? await askPassphrase(passphraseCommand, file) : undefined;
  let matches: boolean;
  try {
    const key = createPrivateKey(passphrase === undefined ? { key: pem } : { key: pem, passphrase });
    matches = new X509Certificate(cert).checkPrivateKey(key);
  } catch (error) {
    const reason = passphrase === undefined ? reasonOf(error) : `cannot be decrypted: ${reasonOf(error)}`;
    throw new TlsConfigurationError('ssl_key', file, reason, error);
  }
  if (!matches) throw new TlsConfigurationError('ssl_key', file, 'does not belong to the certificate in ssl_cert');
  return { pem, passphrase };
}

async function checkKeyRights(file: string): Promise<void> {
  let facts: Awaited<ReturnType<typeof stat>>;
  try {
    facts = await stat(file);
  } catch (error) {
    throw new TlsConfigurationError('ssl_key', file, `cannot be read: ${systemReason(error)}`, error);
  }
  if (!facts.isFile()) throw new TlsConfigurationError('ssl_key', file, 'is not a regular file');
  const me = process.geteuid?.();
  if (me === undefined) return; // no such rights on this system
  if (facts.uid !== me && facts.uid !== 0) {
    throw new TlsConfigurationError('ssl_key', file, 'must be owned by the user that runs pgherd, or by root');
  }
  if ((facts.mode & (facts.uid === 0 ? 0o037 : 0o077)) !== 0) {
    throw new TlsConfigurationError(
      'ssl_key',
      file,
      'has group or world access; it must have 0600 or less, or 0640 or less if owned by root',
    );
  }
}

function isEncrypted(pem: Buffer): boolean {
  return pem.includes('BEGIN ENCRYPTED PRIVATE KEY') || pem.includes('Proc-Type: 4,ENCRYPTED');
}

/** Runs ssl_passphrase_command; %p is the prompt, %% a percent sign. Its output without the newline is the pass phrase. */
function askPassphrase(command: string, keyFile: string): Promise<string> {
  if (command === '') {
    throw new TlsConfigurationError('ssl_key', keyFile, 'is encrypted, and ssl_passphrase_command is not set');
  }
  const line = command.replace(/%([p%])/g, (_, letter) => (letter === 'p' ? PASSPHRASE_PROMPT : '%'));
  return new Promise((resolve, reject) => {
    const options = { timeout: PASSPHRASE_COMMAND_MS_MAX, maxBuffer: 4096, encoding: 'utf8' as const };
    const child = execFile('/bin/sh', ['-c', line], options, (error, stdout) => {
      if (error !== null) {
        // Not its message: it repeats the command line, which may hold a secret.
        const how = error.killed === true ? 'did not end in time' : `ended with status ${String(error.code)}`;
        reject(new TlsConfigurationError('ssl_passphrase_command', null, `the command ${how}`));
        return;
      }
      const [passphrase = ''] = stdout.split(/\r?\n/, 1);
      if (passphrase === '') {
        reject(new TlsConfigurationError('ssl_passphrase_command', null, 'the command printed nothing'));
        return;
      }
      resolve(passphrase);
    });
    child.stdin?.end();
  });
}

function systemReason(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return 'no such file or directory';
    case 'EACCES':
      return 'permission denied';
    case 'EISDIR':
      return 'is a directory';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
