/**
 * Which of several writable nodes is the true primary: the one that all standbys receive from, be it through other standbys
 * (cascading). Where that does not decide, the higher timeline does, if there is one. Pure.
 */
import type { Draft } from './draft.ts';
import type { NodeState } from './state.ts';

/** @returns undefined when it cannot be decided */
export function truePrimary(writable: readonly NodeState[], draft: Draft): NodeState | undefined {
  if (writable.length <= 1) return writable[0];
  const chosen = standbysChoose(writable, draft);
  if (chosen !== undefined) return chosen;
  const timelines = writable.map((node) => node.answer?.timeline ?? 0);
  const highest = Math.max(...timelines);
  const newest = writable.filter((node) => (node.answer?.timeline ?? 0) === highest);
  if (newest.length === 1) return newest[0];
  // Without standbys the lowest id is kept, as in Pgpool-II.
  return standbysOf(draft).length === 0 ? [...newest].sort((a, b) => a.id - b.id)[0] : undefined;
}

/** The writable node that every standby receives from. */
export function standbysChoose(writable: readonly NodeState[], draft: Draft): NodeState | undefined {
  const roots = new Set(standbysOf(draft).map((node) => rootOf(node, draft)));
  const [root] = roots;
  return roots.size === 1 ? writable.find((node) => node.id === root) : undefined;
}

const standbysOf = (draft: Draft): NodeState[] =>
  [...draft.each()].filter((node) => node.attached && node.answer?.inRecovery === true && node.failing === null);
/** Follows the chain of upstreams to a node that is no standby. */
function rootOf(node: NodeState, draft: Draft): number | null {
  let at: NodeState | undefined = node;
  for (let hops = 0; hops <= draft.settings.nodes.length && at !== undefined; hops++) {
    if (at.answer?.inRecovery === false) return at.id;
    const upstream: { readonly host: string; readonly port: number } | null = at.answer?.upstream ?? null;
    if (upstream === null) return null;
    const next: { readonly id: number } | undefined = draft.settings.nodes.find(
      ({ host, port }) => host === upstream.host && port === upstream.port,
    );
    at = next === undefined ? undefined : draft.node(next.id);
  }
  return null;
}
