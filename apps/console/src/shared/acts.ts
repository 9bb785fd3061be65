/** What acts are called when they are confirmed. Pure: the server decides by it, pages mirror it. */
import type { Wish } from '@pgherd/operations';
import type { Permission } from './permissions.ts';

export const neededFor: Readonly<Record<Wish['act'], Permission>> = {
  attach: 'node.attach',
  detach: 'node.detach',
  relabel: 'cluster.failover',
  switchover: 'cluster.switchover',
  failover: 'cluster.failover',
  recover: 'node.recover',
};

/** What is typed to confirm: the node for acts on one, the cluster for those that choose. */
export function objectOf(wish: Wish, slug: string): string {
  if ('node' in wish) return `node ${wish.node}`;
  return wish.to === null ? slug : `node ${wish.to}`;
}
