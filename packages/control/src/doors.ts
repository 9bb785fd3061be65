/** Opens the doors beside the client port: metrics and health. They run in a thread fed by snapshots. */
import { Worker } from 'node:worker_threads';
import type { Operations } from '@pgherd/operations';

export interface DoorSettings {
  readonly metrics_listen_addresses: readonly string[];
  readonly metrics_port: number;
}

export interface Doors {
  /** Where metrics and health are served, without a path. */
  readonly url: string;
  close(): Promise<void>;
}

/** A door cannot be opened: one sentence with the remedy. */
export class DoorError extends Error {
  readonly code = 'DOOR_FAILED';
}

export async function openDoors(operations: Operations, settings: DoorSettings): Promise<Doors> {
  const { metrics_listen_addresses: addresses, metrics_port: port } = settings;
  const host = addresses[0] === undefined || addresses[0] === '*' ? 'localhost' : addresses[0];
  if (addresses.length === 0) return { url: '', close: async () => {} };
  const thread = new Worker(new URL('./doors-thread.ts', import.meta.url), {
    workerData: { addresses, port },
    resourceLimits: { maxOldGenerationSizeMb: 64 },
  });
  await new Promise<void>((resolve, reject) => {
    thread.once('error', reject);
    thread.once('message', (message: { t: string; code?: string; message?: string }) => {
      if (message.t === 'listening') resolve();
      else if (message.code === 'EADDRINUSE') {
        reject(
          new DoorError(`Port ${port} (metrics_port) is already in use: stop the program that has it, or change it.`),
        );
      } else reject(new DoorError(`Cannot listen on ${host}:${port} for metrics: ${message.message}`));
    });
  }).catch(async (error: Error) => {
    await thread.terminate();
    throw error;
  });
  const end = operations.watch((status) => thread.postMessage({ t: 'status', status }));
  return {
    url: `http://${host}:${port}`,
    async close() {
      end();
      thread.postMessage({ t: 'close' });
      await thread.terminate();
    },
  };
}
