/** What the parts of one worker share. Getters: configuration and herd change under them. */
import type tls from 'node:tls';
import type { Settings } from '@pgherd/config';
import type { ClusterSnapshot, ToSupervisor } from '../ipc.ts';
import type { Logger } from '../log/logger.ts';
import type { Access } from './access.ts';
import type { Hold } from './hold.ts';
import type { Counters } from './stats.ts';
import type { Terms } from './terms.ts';

export interface WorkerContext {
  readonly settings: Settings;
  readonly cluster: ClusterSnapshot;
  /** Null: no TLS towards backends. */
  readonly backendTls: tls.ConnectionOptions | null;
  readonly access: Access;
  readonly counters: Counters;
  readonly log: Logger;
  readonly terms: Terms;
  readonly hold: Hold;
  /** A fast stop is under way: no connection is kept. */
  readonly stoppingFast: boolean;
  send(message: ToSupervisor): void;
  /** Asks the supervisor; null when it does not answer in time. */
  ask<T>(message: (request: number) => ToSupervisor): Promise<T | null>;
}
