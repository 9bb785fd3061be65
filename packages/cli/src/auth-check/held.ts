/** What a client's sign-in leaves the proxy with, and which questions of a server that answers. Pure. */
import type { FrontendMethodName, Secret } from '@pgherd/auth';
import type { Authentication } from '@pgherd/wire';

/** `unproved`: a clear-text password that only a server can judge. */
export type Held = 'password' | 'unproved' | 'md5' | 'scram' | 'nothing';

export type SignInOutlook =
  | { readonly can: true; readonly holds: Held }
  /** `needs`: what the entry of the user would have to be. */
  | { readonly can: false; readonly needs: string };

/** What a client that proves itself by the method leaves us with. `entry` is what pool_passwd or auth_query has. */
export function outlook(method: FrontendMethodName, entry: Secret | null): SignInOutlook {
  switch (method) {
    case 'reject':
      return { can: false, needs: 'another method' };
    case 'trust':
    case 'cert':
      return { can: true, holds: entry?.kind === 'text' ? 'password' : entry?.kind === 'md5' ? 'md5' : 'nothing' };
    case 'password':
      if (entry?.kind === 'aes') return { can: false, needs: 'a TEXT entry' };
      return { can: true, holds: entry === null ? 'unproved' : 'password' };
    case 'md5':
      return entry?.kind === 'md5' ? { can: true, holds: 'md5' } : byKeys(entry, 'an md5 or TEXT entry');
    case 'scram-sha-256':
      return byKeys(entry, 'a TEXT entry, or a SCRAM verifier by auth_query');
    default: {
      const unknown: never = method;
      throw new Error(`unknown method ${String(unknown)}`);
    }
  }
}

function byKeys(entry: Secret | null, needs: string): SignInOutlook {
  if (entry?.kind === 'text') return { can: true, holds: 'password' };
  if (entry?.kind === 'scram') return { can: true, holds: 'scram' };
  return { can: false, needs };
}

export type Question = 'ok' | 'cleartext' | 'md5' | 'sasl';

export function isQuestion(kind: Authentication['kind']): kind is Question {
  return kind === 'ok' || kind === 'cleartext' || kind === 'md5' || kind === 'sasl';
}

/** Null: answered. Else what is missing for it. */
export function missingFor(question: Question, held: Held): string | null {
  const knowsPassword = held === 'password' || held === 'unproved';
  switch (question) {
    case 'ok':
      return held === 'unproved' ? 'an entry for the user, since this server asks nothing and so proves nothing' : null;
    case 'cleartext':
      return knowsPassword ? null : 'a TEXT entry';
    case 'md5':
      return knowsPassword || held === 'md5' ? null : 'an md5 or TEXT entry';
    case 'sasl':
      return knowsPassword || held === 'scram'
        ? null
        : 'a TEXT entry, or a client that signs in by SCRAM through auth_query';
  }
}

export const QUESTION_NAMES: Readonly<Record<Question, string>> = {
  ok: 'nothing (trust)',
  cleartext: 'a clear-text password',
  md5: 'md5',
  sasl: 'scram-sha-256',
};
