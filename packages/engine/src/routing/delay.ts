/** Standbys that are too far behind: delay_threshold, delay_threshold_by_time and prefer_lower_delay_standby. */
import type { HerdView } from './herd-view.ts';
import { servesReads } from './herd-view.ts';
import { NO_NODE } from './no-node.ts';
import type { DelayLimit } from './rules.ts';
import type { RoutingNode } from './types.ts';

/** In the limit's unit; null where nobody measured. */
export function lagOf(node: RoutingNode, limit: DelayLimit): number | null {
  return limit.unit === 'ms' ? node.lagMs : node.lagBytes;
}

/** A lag that nobody measured is none, as in Pgpool-II. The primary is never late. */
export function isLate(node: RoutingNode, primary: number | null, limit: DelayLimit | null): boolean {
  if (limit === null || node.id === primary) return false;
  const lag = lagOf(node, limit);
  return lag !== null && lag > limit.max;
}

/** The standby with the least lag within the limit and a weight above 0; by weight among equals. NO_NODE when there is none,
 *  as when nobody measured them. */
export function leastLate(herd: HerdView, limit: DelayLimit, draw: () => number): number {
  let least = Number.POSITIVE_INFINITY;
  let among = 0;
  for (const node of herd.nodes) {
    const lag = eligibleLag(node, herd, limit);
    if (lag > least || lag > limit.max) continue;
    among = lag < least ? node.weight : among + node.weight;
    least = lag;
  }
  if (among === 0) return NO_NODE;
  let left = draw() * among;
  let last = NO_NODE;
  for (const node of herd.nodes) {
    if (eligibleLag(node, herd, limit) !== least) continue;
    last = node.id;
    left -= node.weight;
    if (left < 0) break;
  }
  return last;
}

function eligibleLag(node: RoutingNode, herd: HerdView, limit: DelayLimit): number {
  if (node.id === herd.primary || node.weight <= 0 || !servesReads(node, herd.primary)) return Number.POSITIVE_INFINITY;
  return lagOf(node, limit) ?? Number.POSITIVE_INFINITY;
}
