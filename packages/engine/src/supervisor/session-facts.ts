import type { SessionFacts } from '@pgherd/operations';
import type { ClientSlot } from '../ipc.ts';

export function sessionFacts(workerPid: number, slot: ClientSlot): SessionFacts {
  return {
    id: `${workerPid}/${slot.id}`,
    workerPid,
    database: slot.database,
    user: slot.user,
    application: slot.application,
    status: slot.status,
    state: slot.state,
    stateChangedAt: new Date(slot.stateSinceMs).toISOString(),
    transactionStartedAt: slot.openSinceMs === null ? null : new Date(slot.openSinceMs).toISOString(),
    connectedAt: new Date(slot.connectedAtMs).toISOString(),
    idleMs: slot.idleMs,
    protocol: [slot.protocol >>> 16, slot.protocol & 0xffff],
    readNode: slot.readNode,
    lastNodes: [...slot.sentTo],
    host: slot.host,
    port: slot.port,
    statement: slot.statement,
    links: slot.links.map((link) => ({
      node: link.node,
      pid: link.pid,
      openedAt: new Date(link.openedAtMs).toISOString(),
      uses: link.uses,
    })),
  };
}
