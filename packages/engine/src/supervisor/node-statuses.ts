/** The nodes as doors show them: what is believed, what was measured, what was counted. */
import { formatLsn } from '@pgherd/cluster';
import type { Settings } from '@pgherd/config';
import type { NodeStatus } from '@pgherd/operations';
import type { WorkerStats } from '../ipc.ts';
import type { HerdWatch } from './herd-watch.ts';
import type { NodeCounters } from './node-counters.ts';

export interface NodeFigures {
  readonly settings: Settings;
  readonly running: readonly WorkerStats[];
  readonly counters: NodeCounters;
  /** Clients are known to be connected to it. */
  connected(node: number): boolean;
}

export function nodeStatuses(watch: HerdWatch, { settings, running, counters, connected }: NodeFigures): NodeStatus[] {
  const streaming = settings.sr_check_period > 0 && settings.sr_check_user !== '';
  return [...watch.nodes.values()].map((node) => {
    const statements = counters.statements(running, node.id);
    const checked = settings.healthChecks.some((check) => check.nodeId === node.id && check.periodSeconds > 0);
    return {
      id: node.id,
      hostname: node.host,
      port: node.port,
      status: node.quarantined
        ? 'quarantine'
        : !node.attached || node.reachable === false
          ? 'down'
          : connected(node.id) || statements > 0
            ? 'up'
            : 'waiting',
      pgStatus: !checked || node.reachable === null ? 'unknown' : node.reachable ? 'up' : 'down',
      role: node.role,
      pgRole: !streaming || node.inRecovery === null ? 'unknown' : node.inRecovery ? 'standby' : 'primary',
      weight: node.weight,
      statements,
      counts: counters.counts(running, node.id),
      lagBytes: node.lagBytes,
      lagMs: node.lagMs,
      replayLsn: node.replayLsn,
      replicationState: node.replicationState,
      replicationSyncState: node.replicationSyncState,
      healthCheck: watch.health.of(node.id).facts,
      decidedBy: node.by,
      attached: node.attached,
      replaced: node.replaced,
      timeline: node.answer?.timeline ?? null,
      receivedLsn: node.answer?.received == null ? null : formatLsn(node.answer.received),
      upstream: node.answer?.upstream ?? null,
      systemIdentifier: node.answer?.systemIdentifier ?? null,
      lastStatusChange: node.lastChange.toISOString(),
      reason: node.reason,
    };
  });
}
