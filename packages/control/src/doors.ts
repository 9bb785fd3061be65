/** Opens the doors beside the client port: metrics and health. They run in a thread fed by snapshots. */
import type { Operations } from '@pgherd/operations';
import { hostAndPort, reachableHost } from './address.ts';
import { DoorError } from './door-error.ts';
import { KeptThread } from './kept-thread.ts';

export interface DoorSettings {
  readonly metrics_listen_addresses: readonly string[];
  readonly metrics_port: number;
}

export interface Doors {
  /** Where metrics and health are served, without a path. */
  readonly url: string;
  close(): Promise<void>;
}

/** @param log hears when the thread behind the doors died and is started again */
export async function openDoors(
  operations: Pick<Operations, 'watch'>,
  settings: DoorSettings,
  log: (message: string) => void = () => {},
): Promise<Doors> {
  const { metrics_listen_addresses: addresses, metrics_port: port } = settings;
  if (addresses.length === 0) return { url: '', close: async () => {} };
  const where = hostAndPort(reachableHost(addresses[0]), port);
  const thread = new KeptThread({
    entry: new URL('./doors-thread.ts', import.meta.url),
    options: { workerData: { addresses, port }, resourceLimits: { maxOldGenerationSizeMb: 64 } },
    log,
  });
  const greeting = await thread.start();
  if (greeting.t === 'failed') {
    throw new DoorError(
      greeting.code === 'EADDRINUSE'
        ? `Port ${port} (metrics_port) is already in use: stop the program that has it, or change it.`
        : `Cannot listen on ${where} for metrics: ${greeting.message}`,
    );
  }
  const end = operations.watch((status) => thread.post({ t: 'status', status }));
  return {
    url: `http://${where}`,
    async close() {
      end();
      await thread.close();
    },
  };
}
