import { credentialsOfEntry } from '../credentials.ts';
import type { FrontendContext } from './context.ts';
import { hbaRefusal } from './hba-refusal.ts';
import { type FrontendMethod, type FrontendStep, outOfOrder, refuse } from './step.ts';

/** Methods that ask the client nothing: the answer is there at once. */
class UnaskedMethod implements FrontendMethod {
  readonly passed?: string;
  readonly #answer: () => FrontendStep;
  #begun = false;

  constructor(answer: () => FrontendStep, passed?: string) {
    this.#answer = answer;
    if (passed !== undefined) this.passed = passed;
  }

  begin(): FrontendStep {
    if (this.#begun) return outOfOrder();
    this.#begun = true;
    return this.#answer();
  }

  respond(): FrontendStep {
    this.#begun = true;
    return outOfOrder();
  }
}

export function trust(context: FrontendContext): FrontendMethod {
  return new UnaskedMethod(() => ({ kind: 'ok', bytes: null, credentials: credentialsOfEntry(context.entry) }));
}

export function reject(context: FrontendContext): FrontendMethod {
  return new UnaskedMethod(() => hbaRefusal('reject', context));
}

/** TLS has verified the certificate already; its common name has to be the user, without regard to ASCII case. */
export function cert(context: FrontendContext): FrontendMethod {
  const passed = `SSL certificate authentication for user "${context.user}" with Pgpool-II is successful`;
  return new UnaskedMethod(() => {
    const name = context.tls?.clientCertificateCn ?? null;
    if (name === null || name === '') return refuse('28000', 'connection requires a valid client certificate');
    if (asciiLower(name) !== asciiLower(context.user)) {
      const message = `certificate authentication failed for user "${context.user}"`;
      return refuse('28000', message, `the client certificate is for "${name}"`);
    }
    return { kind: 'ok', bytes: null, credentials: credentialsOfEntry(context.entry) };
  }, passed);
}

function asciiLower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
