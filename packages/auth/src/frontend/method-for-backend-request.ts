import type { Authentication } from '@pgherd/wire';
import type { Secret } from '../credentials.ts';
import { type FrontendStep, passwordFailed, refuse } from './step.ts';

export type DerivedMethod =
  | { readonly kind: 'method'; readonly method: 'trust' | 'password' | 'md5' | 'scram-sha-256' }
  | { readonly kind: 'refuse'; readonly step: Extract<FrontendStep, { kind: 'refuse' }> };

/**
 * enable_pool_hba = off: the client is asked in the way in which the main node asks. Where the entry cannot serve that
 * way, the password is asked for in clear text if allow_clear_text_frontend_auth permits, and refused otherwise.
 */
export function methodForBackendRequest(
  request: Authentication['kind'],
  user: string,
  entry: Secret | null,
  allowClearText: boolean,
): DerivedMethod {
  switch (request) {
    case 'ok':
      return { kind: 'method', method: 'trust' };
    case 'cleartext':
      // The server itself wants clear text, so the client is asked for it whatever the setting says.
      return { kind: 'method', method: 'password' };
    case 'md5':
      if (entry?.kind === 'text' || entry?.kind === 'md5') return { kind: 'method', method: 'md5' };
      return clearTextOr(user, allowClearText, 'the server asks for md5, which needs an md5, TEXT or AES entry');
    case 'sasl':
      if (entry?.kind === 'text' || entry?.kind === 'scram') return { kind: 'method', method: 'scram-sha-256' };
      return clearTextOr(user, allowClearText, 'the server asks for SCRAM, which needs a TEXT, AES or SCRAM entry');
    case 'sasl-continue':
    case 'sasl-final':
    case 'unsupported':
      return refused(refuse('28000', 'the server asks for an authentication method that is not supported'));
  }
}

function clearTextOr(user: string, allowClearText: boolean, missing: string): DerivedMethod {
  if (allowClearText) return { kind: 'method', method: 'password' };
  return refused(passwordFailed(user, `${missing} for the user, or allow_clear_text_frontend_auth`));
}

function refused(step: FrontendStep): DerivedMethod {
  if (step.kind !== 'refuse') throw new Error('a refusal was expected');
  return { kind: 'refuse', step };
}
