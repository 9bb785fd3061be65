/** Opens the doors beside the client port: metrics, PCP, control. They run in a thread, so that a large answer delays nobody. */
import path from 'node:path';
import type { Settings } from '@pgherd/config';
import { DoorError } from '@pgherd/control';
import { type Operations, serveOperations } from '@pgherd/operations';
import type { ConfigurationFiles } from '../configuration-files.ts';
import { KeptThread } from './kept-thread.ts';
import { DOORS, type DoorLog } from './list.ts';
import type { DoorsStart } from './thread.ts';

export interface Doors {
  /** By the door's name: where it is served, empty where there is nothing to tell. */
  readonly urls: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const HEAP_MB = 128;

/**
 * @param files where the configuration is: the users of PCP, and what names of TLS files are relative to
 * @param log hears what a door has to say, and when the thread died and is started again
 * @throws DoorError
 */
export async function openDoors(
  operations: Operations,
  settings: Settings,
  files: ConfigurationFiles,
  log: DoorLog,
): Promise<Doors> {
  const thread = new KeptThread({
    entry: new URL('./thread.ts', import.meta.url),
    options: { workerData: startOf(settings, files), resourceLimits: { maxOldGenerationSizeMb: HEAP_MB } },
    log,
    attend: (port) => {
      port.on('message', (message: { t: string; message: string; level: 'log' | 'warning' }) => {
        if (message.t === 'log') log(message.message, message.level);
      });
      return serveOperations(operations, port);
    },
  });
  const greeting = await thread.start();
  if (greeting.t === 'failed') throw new DoorError(greeting.message);
  return { urls: greeting.urls ?? {}, close: () => thread.close() };
}

function startOf(settings: Settings, files: ConfigurationFiles): DoorsStart {
  const beside = (file: string): string => (file === '' ? '' : path.resolve(path.dirname(files.config), file));
  const asked = (names: readonly string[]): boolean => names.some((name) => settings.explicit.has(name));
  return {
    settings: {
      metrics_listen_addresses: settings.metrics_listen_addresses,
      metrics_port: settings.metrics_port,
      pcp_listen_addresses: settings.pcp_listen_addresses,
      pcp_port: settings.pcp_port,
      pcp_socket_dir: settings.pcp_socket_dir,
      authentication_timeout: settings.authentication_timeout,
      log_pcp_processes: settings.log_pcp_processes,
      usersFile: files.pcp,
      control_listen_addresses: settings.control_listen_addresses,
      control_port: settings.control_port,
      control_token_file: settings.control_token_file,
      control_tls_cert: beside(settings.control_tls_cert),
      control_tls_key: beside(settings.control_tls_key),
      control_tls_ca: beside(settings.control_tls_ca),
      work_dir: settings.work_dir,
    },
    files: { config: path.resolve(files.config), hba: path.resolve(files.hba), pcp: path.resolve(files.pcp) },
    required: DOORS.filter((door) => asked(door.parameters)).map(({ name }) => name),
  };
}
