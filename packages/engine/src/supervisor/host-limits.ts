/** What this host allows: how many workers, connections that wait, descriptors, the group of a socket. */
import fs from 'node:fs';
import os from 'node:os';
import type { Settings } from '@pgherd/config';
import { ConfigurationError } from './configuration-error.ts';

/** What a worker needs besides its clients: the log, its channel, cancel requests, connections that wait. */
const WORKER_DESCRIPTORS_SPARE = 500;

export function workerCount(settings: Settings): number {
  if (settings.worker_processes > 0) return Math.min(settings.worker_processes, settings.num_init_children);
  // PostgreSQL usually shares the machine in small set-ups; half the cores are the proxy's.
  const forCores = Math.max(1, os.availableParallelism() >> 1);
  // A client and its connection to a server take two descriptors of one process.
  const forDescriptors = Math.ceil((2 * settings.num_init_children + WORKER_DESCRIPTORS_SPARE) / descriptorLimit());
  return Math.min(Math.max(forCores, forDescriptors), settings.num_init_children);
}

/** Connections that the system keeps for us until they are accepted. */
export function backlogOf(settings: Settings): number {
  return Math.max(settings.num_init_children * settings.listen_backlog_multiplier, 511);
}

/** How many descriptors one process may have. Node raises its own limit to the hard one at start. */
function descriptorLimit(): number {
  try {
    const line = /^Max open files\s+\S+\s+(\d+)/m.exec(fs.readFileSync('/proc/self/limits', 'utf8'));
    return line === null ? Number.POSITIVE_INFINITY : Number(line[1]);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** @throws Error naming the parameter when there is no such group */
export function groupId(name: string): number | null {
  if (name === '') return null;
  if (/^\d+$/.test(name)) return Number(name);
  const line = fs
    .readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  if (line === undefined) throw new ConfigurationError([`unix_socket_group: there is no group "${name}"`]);
  return Number(line.split(':')[2]);
}
