import type { ScramKeys } from './scram/keys.ts';

/**
 * What is known of a user from the password file, auth_query or a list in a test.
 * `aes` is an entry that is encrypted and whose key is not at hand: present, but of no use.
 */
export type Secret =
  | { readonly kind: 'md5'; readonly hash: string }
  | { readonly kind: 'text'; readonly password: string }
  | { readonly kind: 'scram'; readonly verifier: string }
  | { readonly kind: 'aes' };

/** What a session may prove itself with to backends. Lives as long as the session and is wiped with it. */
export interface Credentials {
  readonly password?: string | undefined;
  /** The stored form, `md5` and 32 digits. */
  readonly md5?: string | undefined;
  readonly scram?: ScramKeys | undefined;
  /**
   * True when nobody has checked `password` yet: a backend has to, with a question of its own. A pooled connection
   * must not be handed to such a session, and a backend that asks nothing proves nothing.
   */
  readonly unproved: boolean;
  wipe(): void;
}

export interface CredentialParts {
  readonly password?: string;
  readonly md5?: string;
  readonly scram?: ScramKeys;
  readonly unproved?: boolean;
}

export function createCredentials(parts: CredentialParts = {}): Credentials {
  return new SessionCredentials(parts);
}

/** The same secrets, after a backend has asked for the password and taken it (`BackendStep` ok with `proved`). */
export function provedByBackend({ password, md5, scram }: Credentials): Credentials {
  return new SessionCredentials({
    ...(password !== undefined && { password }),
    ...(md5 !== undefined && { md5 }),
    ...(scram !== undefined && { scram }),
  });
}

/** For a method that asks the client nothing, or proves it otherwise: the entry is all there is. */
export function credentialsOfEntry(entry: Secret | null): Credentials {
  if (entry?.kind === 'text') return createCredentials({ password: entry.password });
  if (entry?.kind === 'md5') return createCredentials({ md5: entry.hash });
  return createCredentials();
}

class SessionCredentials implements Credentials {
  password: string | undefined;
  md5: string | undefined;
  scram: ScramKeys | undefined;
  readonly unproved: boolean;

  constructor(parts: CredentialParts) {
    this.password = parts.password;
    this.md5 = parts.md5;
    this.scram = parts.scram;
    this.unproved = parts.unproved ?? false;
  }

  /** Keys are zeroed; strings cannot be, so the references go. */
  wipe(): void {
    this.scram?.clientKey.fill(0);
    this.scram?.serverKey.fill(0);
    this.scram = undefined;
    this.password = undefined;
    this.md5 = undefined;
  }

  /** Keeps secrets out of logs that print objects. */
  toJSON(): string {
    return '[credentials]';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[credentials]';
  }
}
