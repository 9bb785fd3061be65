/** One sentence for each node that keeps the primary from being known. Pure. */
import type { HerdState, NodeState } from './state.ts';

export function whyNoPrimary(state: HerdState): string[] {
  return state.primary === null ? [...state.nodes.values()].map(why) : [];
}

function why(node: NodeState): string {
  if (node.failing !== null) return `node ${node.id} cannot be reached (${node.failing.last.reason})`;
  if (node.refusal !== null) return `node ${node.id} could not be asked (${node.refusal})`;
  if (node.answer === null) return `node ${node.id} could not be asked`;
  if (node.answer.inRecovery) return `node ${node.id} is in recovery, so it is a standby`;
  return node.attached
    ? `node ${node.id} takes writes, but so does another one`
    : `node ${node.id} is detached: ${node.reason ?? 'by an operator'}`;
}
