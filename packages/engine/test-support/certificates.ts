/** Certificates for one test file, made by openssl: an authority, a server, clients, and what should not be trusted. */
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** Nothing of it stays on disk. */
export class Certificates {
  /** A self-signed authority. */
  authority(name: string): KeyPair {
    return this.make(`/CN=${name}`, null, ['-addext', 'basicConstraints=critical,CA:TRUE']);
  }

  /** A certificate for `commonName`, signed by `by`. */
  signed(commonName: string, by: KeyPair): KeyPair {
    return this.make(`/CN=${commonName}`, by, ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']);
  }

  private make(subject: string, by: KeyPair | null, more: readonly string[]): KeyPair {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'pgherd-certs-'));
    try {
      const at = (file: string): string => path.join(directory, file);
      const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'pipe' });
      openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', at('own.key'));
      const signer: string[] = [];
      if (by !== null) {
        fs.writeFileSync(at('by.crt'), by.cert);
        fs.writeFileSync(at('by.key'), by.key);
        signer.push('-CA', at('by.crt'), '-CAkey', at('by.key'));
      }
      openssl(
        ...['req', '-new', '-x509', '-key', at('own.key'), '-subj', subject, '-days', '30', '-sha256'],
        ...[...signer, ...more, '-out', at('own.crt')],
      );
      return { cert: fs.readFileSync(at('own.crt'), 'utf8'), key: fs.readFileSync(at('own.key'), 'utf8') };
    } finally {
      fs.rmSync(directory, { recursive: true, force: true });
    }
  }
}

/** Channel-binding data of a certificate that is signed with SHA-256: its hash. */
export function endPointHash(cert: string): Buffer {
  return Buffer.from(new X509Certificate(cert).fingerprint256.replaceAll(':', ''), 'hex');
}
