/**
 * Encryption of what must not be readable in the database: control tokens, configuration secrets, second factors. The key lies
 * in a file outside of it (0600), made at the first start. AES-256-GCM; the purpose is bound to each value, so that one cannot
 * be put in another's place.
 */
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

const FORMAT = 'v1';

export class KeyError extends Error {
  readonly code = 'KEY';
}

export class Keyring {
  readonly #key: Buffer;

  constructor(key: Buffer) {
    this.#key = key;
  }

  /** @throws KeyError when the file is there and is not a key, or cannot be made */
  static open(file: string): Keyring {
    let text: string;
    try {
      text = fs.readFileSync(file, 'utf8');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') {
        throw new KeyError(`The key file ${file} cannot be read: ${(cause as Error).message}.`, { cause });
      }
      const key = crypto.randomBytes(32);
      fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
      fs.writeFileSync(file, `${key.toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
      return new Keyring(key);
    }
    const key = Buffer.from(text.trim(), 'base64');
    if (key.length !== 32) throw new KeyError(`The key file ${file} does not hold 32 bytes in base64.`);
    return new Keyring(key);
  }

  seal(value: string, purpose: string): string {
    const nonce = crypto.randomBytes(12);
    const cipher = crypto.createCipheriv('aes-256-gcm', this.#key, nonce);
    cipher.setAAD(Buffer.from(purpose));
    const body = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
    return [FORMAT, nonce, cipher.getAuthTag(), body]
      .map((part) => (typeof part === 'string' ? part : part.toString('base64url')))
      .join('.');
  }

  /** @throws KeyError when the value was sealed with another key, or for another purpose */
  open(sealed: string, purpose: string): string {
    const [format, nonce, tag, body] = sealed.split('.');
    if (format !== FORMAT || nonce === undefined || tag === undefined || body === undefined) {
      throw new KeyError('A stored secret has an unknown form.');
    }
    try {
      const decipher = crypto.createDecipheriv('aes-256-gcm', this.#key, Buffer.from(nonce, 'base64url'));
      decipher.setAAD(Buffer.from(purpose));
      decipher.setAuthTag(Buffer.from(tag, 'base64url'));
      return Buffer.concat([decipher.update(Buffer.from(body, 'base64url')), decipher.final()]).toString('utf8');
    } catch (cause) {
      throw new KeyError('A stored secret cannot be opened: was the key file replaced?', { cause });
    }
  }

  /** Same value, same digest, for this key and purpose: to compare without showing. Hex. */
  digest(value: string, purpose: string): string {
    return crypto.createHmac('sha256', this.#key).update(`${purpose}\0${value}`).digest('hex');
  }
}
