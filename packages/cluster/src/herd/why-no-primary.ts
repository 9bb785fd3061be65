/** One sentence for each node that keeps the primary from being known. Pure. */
import { strange } from './candidates.ts';
import type { HerdState, NodeState } from './state.ts';

export function whyNoPrimary(state: HerdState): string[] {
  return state.primary === null ? [...state.nodes.values()].map((node) => why(node, state)) : [];
}

function why(node: NodeState, { lastPrimary, systemIdentifier, recalled }: HerdState): string {
  if (node.failing !== null) return `node ${node.id} cannot be reached (${node.failing.last.reason})`;
  if (node.refusal !== null) return `node ${node.id} could not be asked (${node.refusal})`;
  if (node.answer === null) return `node ${node.id} could not be asked`;
  if (node.answer.inRecovery) return `node ${node.id} is in recovery, so it is a standby`;
  const { timeline } = node.answer;
  const last = lastPrimary?.timeline ?? 0;
  const forget = recalled ? '; "pgpool -D" forgets what was known before' : '';
  if (strange(systemIdentifier, node.answer.systemIdentifier))
    return `node ${node.id} takes writes, but is a server of another herd${forget}`;
  if (timeline !== null && timeline < last)
    return `node ${node.id} takes writes, but on timeline ${timeline}, and the herd was on ${last} already${forget}`;
  return node.attached
    ? `node ${node.id} takes writes, but so does another one`
    : `node ${node.id} is detached: ${node.reason ?? 'by an operator'}`;
}
