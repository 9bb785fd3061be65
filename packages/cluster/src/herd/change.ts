/** Changes of what is believed that several parts make: who is the primary, who is left out. */
import type { Draft } from './draft.ts';
import type { Answer } from './facts.ts';
import type { NodeState } from './state.ts';

/** Leaves a node out that is not the primary. */
export function takeOut(draft: Draft, id: number, reason: string, by: string): void {
  draft.change(id, { attached: false, reason, by, changedAt: draft.now, suspicion: null });
  draft.tell('nodeDetached', id, 'warning', `node ${id} is detached: ${reason}`, by);
  if (draft.settings.commands.failover) command(draft, 'failover', id);
  draft.effect({ t: 'save' });
  draft.publish();
}

export function command(draft: Draft, which: 'failover' | 'failback', node: number): void {
  // Before a failover the node was there, before a failback it was not.
  const oldMain = lowest(draft, (other) => (other.id === node ? which === 'failover' : other.attached));
  draft.effect({ t: 'command', which, node, newMain: mainNode(draft), oldMain, oldPrimary: draft.state.primary });
}

/** The live node with the lowest id: Pgpool-II's main node. */
export const mainNode = (draft: Draft): number | null => lowest(draft, (node) => node.attached);

export function lowest(draft: Draft, counts: (node: NodeState) => boolean): number | null {
  let main: number | null = null;
  for (const node of draft.each()) if (counts(node) && (main === null || node.id < main)) main = node.id;
  return main;
}

export function becomePrimary(draft: Draft, id: number, by: string, answer: Answer | null): void {
  const { state } = draft;
  const first = state.primary === null && state.lastPrimary === null;
  if (!first && state.act === null) state.epoch++;
  state.primary = id;
  draft.change(id, { attached: true });
  state.timeline = answer?.timeline ?? null;
  state.systemIdentifier = answer?.systemIdentifier ?? state.systemIdentifier;
  forgiven(draft, id);
  state.searchingSince = null;
  state.recalled = false;
  state.lastPrimary = {
    node: id,
    timeline: state.timeline,
    position: answer?.position ?? null,
    seenAt: draft.now,
    syncStandbyNames: answer?.syncStandbyNames ?? '',
    replicas: answer?.replicas ?? [],
  };
  draft.tell('primaryFound', id, 'info', `node ${id} is the primary`, by, { timeline: state.timeline });
  setRoles(draft);
  draft.publish();
}

/** Another node took its place: it must not write again as it is. */
export function replaced(draft: Draft, id: number): void {
  if (draft.node(id) !== undefined) draft.state.replaced = new Set([...draft.state.replaced, id]);
}

export function forgiven(draft: Draft, id: number): void {
  const { state } = draft;
  if (state.replaced.has(id)) state.replaced = new Set([...state.replaced].filter((other) => other !== id));
}

export function setRoles(draft: Draft): void {
  for (const node of [...draft.each()]) {
    const role =
      node.id === draft.state.primary
        ? 'primary'
        : node.answer === null && !(node.role === 'primary' && draft.state.primary !== null)
          ? node.role
          : 'standby';
    if (role === node.role) continue;
    draft.change(node.id, { role, changedAt: draft.now });
    draft.publish();
  }
}
