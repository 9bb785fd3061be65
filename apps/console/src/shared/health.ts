/** From the facts of engines to what a person sees. Pure: no clock, no socket. */
import type { NodeStatus } from '@pgherd/operations';
import type { Health } from './live/topics.ts';

export interface NodeContext {
  /** An act is under way that concerns the node. */
  readonly changing: boolean;
  /** Facts are fresh. */
  readonly known: boolean;
  readonly primary: number | null;
  /** From the running configuration; 0 or null = no limit. */
  readonly lagLimitMs: number | null;
  readonly lagLimitBytes: number | null;
  /** The herd has more than one node that may be written to, on purpose (native or snapshot isolation mode). */
  readonly replication: boolean;
}

export function healthOf(node: NodeStatus, context: NodeContext): { readonly health: Health; readonly why: string } {
  if (!context.known) return { health: 'unknown', why: 'No proxy has said anything about it lately.' };
  if (node.status === 'unused') return { health: 'out', why: 'It is in the configuration and not in use.' };
  if (context.changing) return { health: 'changing', why: 'An operation is under way.' };
  if (node.status === 'quarantine') return { health: 'degraded', why: node.reason ?? 'It is in quarantine.' };
  if (node.status === 'down' || !node.attached) {
    if (node.pgStatus === 'down') return { health: 'down', why: node.reason ?? 'PostgreSQL does not answer.' };
    return { health: 'out', why: node.reason ?? 'It is detached; PostgreSQL answers.' };
  }
  if (node.pgStatus === 'down') return { health: 'degraded', why: node.reason ?? 'The last look failed.' };
  if (roleSplit(node)) return { health: 'degraded', why: `Believed ${node.role}, measured ${node.pgRole}.` };
  if (over(node.lagMs, context.lagLimitMs)) {
    return {
      health: 'degraded',
      why: `It is ${Math.round(node.lagMs ?? 0)} ms behind; the limit is ${context.lagLimitMs} ms.`,
    };
  }
  if (over(node.lagBytes, context.lagLimitBytes)) {
    return {
      health: 'degraded',
      why: `It is ${node.lagBytes} bytes behind; the limit is ${context.lagLimitBytes} bytes.`,
    };
  }
  if (
    node.role === 'standby' &&
    !context.replication &&
    context.primary !== null &&
    node.replicationState === '' &&
    node.upstream === null
  ) {
    return { health: 'degraded', why: 'It does not receive from the primary.' };
  }
  return { health: 'ok', why: '' };
}

export const roleSplit = ({ role, pgRole }: Pick<NodeStatus, 'role' | 'pgRole'>): boolean =>
  role !== 'unknown' && pgRole !== 'unknown' && role !== pgRole;

const over = (value: number | null, limit: number | null): boolean =>
  value !== null && limit !== null && limit > 0 && value > limit;

const RANK: readonly Health[] = ['ok', 'out', 'unknown', 'changing', 'degraded', 'down'];
export const worst = (healths: readonly Health[]): Health =>
  healths.reduce<Health>((a, b) => (RANK.indexOf(b) > RANK.indexOf(a) ? b : a), 'ok');
