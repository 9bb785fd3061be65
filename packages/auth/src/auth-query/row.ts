import { bytesToText } from '@pgherd/wire';
import type { Secret } from '../credentials.ts';
import { isMd5Hash } from '../md5.ts';
import { parseVerifier } from '../scram/keys.ts';

/** What auth_query says of a role. */
export interface AuthRow {
  readonly user: string;
  /** Null for a role without password, or with one in a form that is not known. */
  readonly secret: Secret | null;
  readonly expired: boolean;
  readonly canLogin: boolean;
}

/** auth_query gave something that is not its row. The text names columns, never their values. */
export class AuthQueryError extends Error {
  override readonly name = 'AuthQueryError';
  readonly code = 'AUTH_QUERY_UNUSABLE';
}

/**
 * One DataRow in text format: rolname, rolpassword, expired, can_login. All four are asked for: a query that leaves out
 * the last two would let expired and locked roles in.
 * @throws AuthQueryError
 */
export function decodeAuthRow(values: readonly (Buffer | null)[]): AuthRow {
  if (values.length !== 4) {
    throw new AuthQueryError(
      `auth_query must return four columns (rolname, rolpassword, expired, can_login), it returned ${values.length}`,
    );
  }
  const [name = null, password = null, expired = null, canLogin = null] = values;
  if (name === null) throw new AuthQueryError('auth_query returned no role name');
  return {
    user: bytesToText(name),
    secret: password === null ? null : secretOf(bytesToText(password)),
    expired: boolean(expired, 'expired'),
    canLogin: boolean(canLogin, 'can_login'),
  };
}

function secretOf(rolpassword: string): Secret | null {
  if (isMd5Hash(rolpassword)) return { kind: 'md5', hash: rolpassword };
  if (parseVerifier(rolpassword) !== null) return { kind: 'scram', verifier: rolpassword };
  return null; // PostgreSQL stores no other form; a clear text here would be somebody else's table
}

function boolean(value: Buffer | null, column: string): boolean {
  const text = value?.toString('latin1');
  if (text === 't') return true;
  if (text === 'f') return false;
  throw new AuthQueryError(`auth_query column ${column} is not a boolean`);
}

export interface AuthKnowledge {
  readonly entry: Secret | null;
  readonly knowsUser: boolean | undefined;
}

/**
 * What a row means for a sign-in (`entry` and `knowsUser` of FrontendContext). A role that is missing, expired or may
 * not log in is one for whom no password is right. One without a password is left to the backend.
 */
export function authKnowledge(row: AuthRow | null): AuthKnowledge {
  if (row === null || row.expired || !row.canLogin) return { entry: null, knowsUser: false };
  return { entry: row.secret, knowsUser: row.secret === null ? undefined : true };
}
