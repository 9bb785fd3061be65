/** The thread behind the doors: opens each, over operations that the supervisor answers from its own thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { operationsOver } from '@pgherd/operations';
import type { ConfigurationFiles } from '../configuration-files.ts';
import { DOORS, type DoorLog, type DoorSettings, type OpenDoor } from './list.ts';
import { doctorLook, withLooks } from './problems.ts';

export interface DoorsStart {
  readonly settings: DoorSettings;
  /** Names of doors without which there is no start. */
  readonly required: readonly string[];
  /** Of the configuration, which a look for problems reads. */
  readonly files: ConfigurationFiles;
}

const port = parentPort;
if (port === null) throw new Error('this file runs as a thread');
const { settings, required, files } = workerData as DoorsStart;
const log: DoorLog = (message, level = 'warning') => port.postMessage({ t: 'log', message, level });
const operations = withLooks(operationsOver(port), doctorLook(files), (message) => log(message));
const open = new Map<string, OpenDoor>();

port.on('message', (message: { t: string }) => {
  if (message.t !== 'close') return;
  void Promise.all([...open.values()].map((door) => door.close())).then(() => {
    port.postMessage({ t: 'closed' });
    port.close();
  });
});

async function openAll(): Promise<void> {
  for (const door of DOORS) {
    try {
      open.set(door.name, await door.open(operations, settings, log));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (required.includes(door.name) || code === undefined) throw error;
      // A configuration that says nothing of a door may be the second one on its machine.
      log(`no ${door.name} from this process: ${message}`);
    }
  }
}

openAll().then(
  () => {
    const urls = Object.fromEntries([...open].map(([name, { url = '' }]) => [name, url]));
    port.postMessage({ t: 'listening', urls });
  },
  async (error: NodeJS.ErrnoException) => {
    for (const door of open.values()) await door.close();
    port.postMessage({ t: 'failed', code: error.code, message: error.message });
  },
);
