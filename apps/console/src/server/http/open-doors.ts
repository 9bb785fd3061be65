/** Whether the console may listen where it is told to. */
import type { ConsoleOptions } from '../env.ts';
import { isLoopbackAddress } from './place.ts';

/** Beyond this host a console needs TLS, its own or that of a declared proxy in front. @throws Error with a sentence */
export function refuseOpenDoors({ host, tlsCert, trustedProxies, publicOrigin }: ConsoleOptions): void {
  if (isLoopbackAddress(host) || tlsCert !== null) return;
  if (trustedProxies.length > 0 && publicOrigin?.startsWith('https://') === true) return;
  throw new Error(
    `The console listens beyond this host (${host}) only with TLS (--console-tls-cert and --console-tls-key), or behind a declared proxy that has it (PGHERD_CONSOLE_TRUSTED_PROXIES and PGHERD_CONSOLE_ORIGIN=https://…).`,
  );
}
