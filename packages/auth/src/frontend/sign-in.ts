import type { FrontendContext } from './context.ts';
import { Md5Method } from './md5.ts';
import { PasswordMethod } from './password.ts';
import { ScramMethod } from './scram.ts';
import type { FrontendMethod } from './step.ts';
import { cert, reject, trust } from './unasked.ts';

export type FrontendMethodName = 'trust' | 'reject' | 'password' | 'md5' | 'scram-sha-256' | 'cert';

/** The machine for one client's sign-in by one method, as pool_hba.conf or the main node's request named it. */
export function createFrontendMethod(method: FrontendMethodName, context: FrontendContext): FrontendMethod {
  switch (method) {
    case 'trust':
      return trust(context);
    case 'reject':
      return reject(context);
    case 'cert':
      return cert(context);
    case 'password':
      return new PasswordMethod(context);
    case 'md5':
      return asksScramForMd5(context) ? new ScramMethod(context) : new Md5Method(context);
    case 'scram-sha-256':
      return new ScramMethod(context);
    default: {
      const unknown: never = method;
      throw new Error(`unknown sign-in method ${String(unknown)}`);
    }
  }
}

/**
 * As in PostgreSQL, `md5` on a user with a SCRAM verifier means SCRAM. A user that auth_query does not know gets SCRAM
 * too, because nearly all that it knows have a verifier.
 */
function asksScramForMd5({ entry, knowsUser }: FrontendContext): boolean {
  return entry?.kind === 'scram' || (entry === null && knowsUser === false);
}
