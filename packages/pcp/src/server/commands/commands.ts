/** Every command that a signed-in client may send. What is not here is an unknown packet type. */
import { REQUEST } from '../../wire/requests.ts';
import { attach } from './attach.ts';
import type { Command } from './command.ts';
import { configuration } from './configuration.ts';
import { detach } from './detach.ts';
import { healthCheckStats } from './health-check-stats.ts';
import { invalidateCache } from './invalidate-cache.ts';
import { nodeCount } from './node-count.ts';
import { nodeInfo } from './node-info.ts';
import { processCount } from './process-count.ts';
import { processInfo } from './process-info.ts';
import { promote } from './promote.ts';
import { recover } from './recover.ts';
import { reload } from './reload.ts';
import { rotateLog } from './rotate-log.ts';
import { setParameter } from './set-parameter.ts';
import { stop } from './stop.ts';
import { watchdogInfo } from './watchdog-info.ts';

export const COMMANDS: ReadonlyMap<string, Command> = new Map([
  [REQUEST.nodeCount, nodeCount],
  [REQUEST.nodeInfo, nodeInfo],
  [REQUEST.healthCheckStats, healthCheckStats],
  [REQUEST.processCount, processCount],
  [REQUEST.processInfo, processInfo],
  [REQUEST.configuration, configuration],
  [REQUEST.attach, attach],
  [REQUEST.detach, detach(false)],
  [REQUEST.detachGracefully, detach(true)],
  [REQUEST.promote, promote(false)],
  [REQUEST.promoteGracefully, promote(true)],
  [REQUEST.recover, recover],
  [REQUEST.stop, stop],
  [REQUEST.stopCluster, stop],
  [REQUEST.reload, reload],
  [REQUEST.rotateLog, rotateLog],
  [REQUEST.invalidateCache, invalidateCache],
  [REQUEST.watchdogInfo, watchdogInfo],
  [REQUEST.setParameter, setParameter],
  // Stopping a recovery is accepted and has neither effect nor answer, as in Pgpool-II.
  [REQUEST.stopRecovery, async () => ({ bytes: Buffer.alloc(0) })],
]);
