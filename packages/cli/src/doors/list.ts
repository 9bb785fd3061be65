/** The doors beside the client port. A new one is an entry here; all of them live in the doors' thread. */
import { type ControlSettings, type MetricsSettings, openControl, openMetrics } from '@pgherd/control';
import type { Operations } from '@pgherd/operations';
import { openPcp, type PcpSettings } from '@pgherd/pcp';

/** What the doors have to know of the configuration; it crosses into their thread. */
export type DoorSettings = MetricsSettings & PcpSettings & ControlSettings;

/** A line for the engine's log, a warning unless it says otherwise. */
export type DoorLog = (message: string, level?: 'log' | 'warning') => void;

export interface OpenDoor {
  /** Where it is, for people; empty where there is nothing to tell. */
  readonly url?: string;
  close(): Promise<void>;
}

export interface Door {
  readonly name: string;
  /** Whoever sets one of these wants this door: then a start without it is refused. */
  readonly parameters: readonly string[];
  /** @throws Error with a code and one sentence with the remedy when it cannot listen */
  open(operations: Operations, settings: DoorSettings, log: DoorLog): Promise<OpenDoor>;
}

export const DOORS: readonly Door[] = [
  {
    name: 'metrics',
    parameters: ['metrics_port', 'metrics_listen_addresses'],
    open: openMetrics,
  },
  {
    name: 'PCP',
    parameters: ['pcp_port', 'pcp_listen_addresses', 'pcp_socket_dir'],
    open: (operations, settings, log) => openPcp(operations, settings, { log }),
  },
  {
    name: 'control interface',
    parameters: [
      'control_port',
      'control_listen_addresses',
      'control_token_file',
      'control_tls_cert',
      'control_tls_key',
      'control_tls_ca',
    ],
    open: openControl,
  },
];
