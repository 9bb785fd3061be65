'use client';
/** Facts of the herd as words: shared by all pages that show nodes. */
import type { HerdEventKind } from '@pgherd/operations';
import type { ConfigurationState, EventView, NodeView } from '../../shared/live/topics.ts';
import type { Role } from '../ui/role-badge.tsx';
import type { Configuration, StatusKind } from '../ui/status.ts';

export const configurationKind = (state: ConfigurationState): Configuration => (state === 'inStep' ? 'instep' : state);

/** What was measured, where it was; else what is believed. */
export function roleOf(node: NodeView): Role {
  const role = node.pgRole === 'unknown' ? node.role : node.pgRole;
  if (role !== 'standby') return role === 'primary' ? 'primary' : 'standby';
  const sync = node.replicationSyncState;
  if (sync === 'sync') return 'standbySync';
  if (sync === 'quorum' || sync === 'potential') return 'standbyQuorum';
  return sync === 'async' ? 'standbyAsync' : 'standby';
}

export const believedRole = (node: NodeView): Role | undefined =>
  node.split ? (node.role === 'primary' ? 'primary' : 'standby') : undefined;

const KINDS: Readonly<Partial<Record<HerdEventKind, StatusKind>>> = {
  started: 'ok',
  stopped: 'out',
  nodeSuspected: 'degraded',
  nodeDetached: 'out',
  nodeAttached: 'ok',
  nodeQuarantined: 'degraded',
  primaryFound: 'ok',
  primaryLost: 'down',
  falsePrimary: 'down',
  failoverStarted: 'changing',
  failoverWaits: 'changing',
  failoverDone: 'ok',
  failoverFailed: 'down',
  switchoverStarted: 'changing',
  switchoverDone: 'ok',
  switchoverFailed: 'degraded',
  recoveryStarted: 'changing',
  recoveryDone: 'ok',
  recoveryFailed: 'degraded',
  nodeCannotFollow: 'degraded',
  syncRelaxed: 'degraded',
  syncRestored: 'ok',
  flapping: 'degraded',
};

/** The state that an event speaks of; null where it speaks of none. */
export function eventKind(event: EventView): StatusKind | null {
  if (event.kind === 'nodeDetached' && event.severity === 'error') return 'down';
  return KINDS[event.kind] ?? (event.severity === 'error' ? 'down' : event.severity === 'warning' ? 'degraded' : null);
}
