/** What SHOW pool_processes and SHOW pool_pools tell of one worker. */
import type { Link } from '../backend/link.ts';
import type { Session } from '../frontend/session.ts';
import type { ClientSlot, LinkFacts } from '../ipc.ts';
import { userOfKey } from '../pool/link-key.ts';

function linkFacts(link: Link, user: string): LinkFacts {
  return {
    node: link.nodeId,
    pid: link.pid,
    database: link.database,
    user,
    openedAtMs: performance.timeOrigin + link.openedAtMs,
    uses: link.uses + 1,
  };
}

export const idleLinkFacts = (link: Link): LinkFacts => linkFacts(link, userOfKey(link.key));

/** @param viewer whose own address and statement may be told; null = those of all */
export function clientSlot(
  session: Session,
  idleLimit: number,
  viewer: string | null,
  statements: boolean,
): ClientSlot {
  const { client, home, router } = session;
  const visible = statements && (viewer === null || viewer === client.user);
  const readNode = router?.state.readNode ?? home.nodeId;
  const { state, sinceMs, openSinceMs } = session.activityNow;
  return {
    id: client.id,
    database: client.database,
    user: client.user,
    application: client.application,
    status: session.activity,
    state,
    stateSinceMs: performance.timeOrigin + sinceMs,
    openSinceMs: openSinceMs === null ? null : performance.timeOrigin + openSinceMs,
    connectedAtMs: client.connectedAtMs,
    idleMs: session.idleForMs,
    idleLimit,
    protocol: client.protocol,
    readNode: readNode < 0 ? home.nodeId : readNode,
    host: visible ? client.peer.address || '[local]' : '',
    port: visible && client.peer.port > 0 ? String(client.peer.port) : '',
    links: session.links.map((link) => linkFacts(link, client.user)),
    statement: visible ? session.lastStatement : '',
    sentTo: visible ? session.targets.map(({ nodeId }) => nodeId) : [],
  };
}
