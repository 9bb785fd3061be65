/**
 * The file that gives access: `role name token` on each line, read by its owner alone. It is read again when it changes, so
 * that a token can be withdrawn while the engine runs. Only digests stay in memory.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { DoorError } from '../door-error.ts';
import { type Role, roles } from '../router/access.ts';

export interface TokenEntry {
  readonly role: Role;
  readonly name: string;
  readonly digest: Buffer;
}

/** Shorter ones could be guessed. */
const TOKEN_CHARACTERS_MIN = 32;
const TOKEN_CHARACTERS_MAX = 512;
const LOOK_AGAIN_MS = 500;
const FILE_BYTES_MAX = 64 * 1024;
const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/** Pure. Complaints name the line, never what stands in it. */
export function parseTokens(text: string): {
  readonly entries: readonly TokenEntry[];
  readonly issues: readonly string[];
} {
  const entries: TokenEntry[] = [];
  const issues: string[] = [];
  for (const [index, given] of text.split('\n').entries()) {
    const line = given.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [role, name, token, more] = line.split(/\s+/);
    const wrong = (what: string): void => void issues.push(`line ${index + 1} ${what}`);
    if (token === undefined || more !== undefined) wrong('is not of the form "role name token"');
    else if (!isRole(role)) wrong(`has none of the roles ${roles.join(', ')}`);
    else if (name === undefined || !/^[\w.@-]{1,64}$/.test(name))
      wrong('has a name of other characters than A-Z a-z 0-9 _ . @ -');
    else if (token.length < TOKEN_CHARACTERS_MIN || token.length > TOKEN_CHARACTERS_MAX) {
      wrong(`has a token shorter than ${TOKEN_CHARACTERS_MIN} or longer than ${TOKEN_CHARACTERS_MAX} characters`);
    } else if (entries.some((entry) => entry.name === name)) wrong('has a name that an earlier line has');
    else entries.push({ role, name, digest: digestOf(token) });
  }
  return { entries, issues };
}

const isRole = (word: string | undefined): word is Role => roles.includes(word as Role);

export class TokenFile {
  readonly #file: string;
  readonly #log: (message: string) => void;
  #entries: readonly TokenEntry[] = [];
  #seen = '';
  #lookedMs = Number.NEGATIVE_INFINITY;

  /** Makes the file when there is none. @throws DoorError when it cannot be made or used */
  constructor(file: string, log: (message: string) => void) {
    this.#file = file;
    this.#log = log;
    try {
      makeTokens(file);
      this.#read();
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw error instanceof DoorError
        ? error
        : new DoorError(
            `The tokens of the control interface cannot be kept in ${file} (${code ?? message}): make its folder writable, or set control_token_file.`,
          );
    }
  }

  /** The token's entry; all of them are compared, whichever fits. */
  find(presented: string): TokenEntry | null {
    this.#look();
    const digest = digestOf(presented);
    let found: TokenEntry | null = null;
    for (const entry of this.#entries) if (timingSafeEqual(entry.digest, digest)) found = entry;
    return found;
  }

  /** The role that the same token has by now; null when it is gone. */
  roleOf(known: TokenEntry): Role | null {
    this.#look();
    const same = this.#entries.find(({ name, digest }) => name === known.name && timingSafeEqual(digest, known.digest));
    return same?.role ?? null;
  }

  #look(): void {
    const nowMs = performance.now();
    if (nowMs - this.#lookedMs < LOOK_AGAIN_MS) return;
    this.#lookedMs = nowMs;
    try {
      const { mtimeMs, size, ino, mode } = fs.statSync(this.#file);
      if (`${mtimeMs} ${size} ${ino} ${mode}` !== this.#seen) this.#read();
    } catch (error) {
      if (this.#entries.length > 0) this.#log(`no token is valid any more: ${(error as Error).message}`);
      this.#entries = [];
      this.#seen = '';
    }
  }

  #read(): void {
    const handle = fs.openSync(this.#file, 'r');
    try {
      const { mtimeMs, size, ino, mode, uid } = fs.fstatSync(handle);
      if (uid !== 0 && uid !== process.geteuid?.()) {
        throw new DoorError(`${this.#file} belongs to another user: remove it, or set control_token_file.`);
      }
      if ((mode & 0o077) !== 0) {
        throw new DoorError(
          `${this.#file} can be read by others than its owner: chmod 600 it, and replace its tokens.`,
        );
      }
      if (size > FILE_BYTES_MAX) throw new DoorError(`${this.#file} is larger than ${FILE_BYTES_MAX} bytes.`);
      const { entries, issues } = parseTokens(fs.readFileSync(handle, 'utf8'));
      if (issues.length > 0) throw new DoorError(`${this.#file}: ${issues.join('; ')}.`);
      this.#entries = entries;
      this.#seen = `${mtimeMs} ${size} ${ino} ${mode}`;
    } finally {
      fs.closeSync(handle);
    }
  }
}

const HEAD = `# Who may use the control interface: role, name and token on each line. Roles: ${roles.join(' < ')}.
# Keep it readable by its owner alone. A line that is taken out is not valid any more from then on.
`;

/** Whole or not at all, and never over a file that is there. */
function makeTokens(file: string): void {
  if (fs.existsSync(file)) return;
  const lines = [...roles]
    .reverse()
    .map((role) => `${role.padEnd(8)} ${role.padEnd(8)} ${randomBytes(32).toString('base64url')}`);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  // work_dir may be everybody's (/tmp): nothing that is there already is written through.
  const draft = `${file}.${randomBytes(6).toString('hex')}.new`;
  fs.writeFileSync(draft, `${HEAD}${lines.join('\n')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    fs.linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    fs.rmSync(draft);
  }
}
