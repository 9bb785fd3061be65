/** The other standbys are led to the new primary while clients are served. */
import { lowest, takeOut } from '../change.ts';
import type { Draft } from '../draft.ts';
import type { HerdEvent } from '../events.ts';
import { COULD_NOT_FOLLOW, type NodeState } from '../state.ts';
import { lookAtAll } from './act.ts';

export function follow(draft: Draft, primary: number): void {
  const { settings, state } = draft;
  const { act } = state;
  if (act === null) return;
  const others = [...draft.each()].filter(
    (node) =>
      node.id !== primary && node.attached && node.id !== act.old && !keepsUpstream(draft, node, primary, act.old),
  );
  if (settings.commands.follow && settings.failoverBy !== 'builtin') {
    const oldMain = lowest(draft, (node) => node.attached || node.id === act.old);
    // As in Pgpool-II: each of the others is left out, and the command brings it back.
    for (const node of others) {
      draft.change(node.id, {
        attached: false,
        reason: 'follow_primary_command makes it follow',
        by: 'failover',
        changedAt: draft.now,
      });
      draft.effect({
        t: 'command',
        which: 'follow',
        node: node.id,
        newMain: primary,
        oldMain,
        oldPrimary: act.old,
      });
    }
    return;
  }
  if (settings.failoverBy !== 'builtin') return;
  draft.act({ following: new Set(others.map((node) => node.id)) });
  for (const node of others) draft.effect({ t: 'follow', node: node.id, primary, forkAt: act.forkAt });
}

/** A cascaded standby whose upstream lives and follows itself is left where it is. */
function keepsUpstream(draft: Draft, node: NodeState, primary: number, old: number): boolean {
  const upstream = node.answer?.upstream ?? null;
  if (upstream === null) return false;
  const from = draft.settings.nodes.find(({ host, port }) => host === upstream.host && port === upstream.port);
  const server = from === undefined ? undefined : draft.node(from.id);
  return server?.attached === true && server.id !== old && server.id !== primary && server.failing === null;
}

export function followed(draft: Draft, { node: id, primary, error }: Extract<HerdEvent, { t: 'followed' }>): void {
  const { act } = draft.state;
  const node = draft.node(id);
  if (act !== null) draft.act({ following: new Set([...act.following].filter((other) => other !== id)) });
  // What was tried for a primary that is none any more says nothing.
  const current = draft.state.primary ?? act?.candidate ?? null;
  if (node === undefined || primary !== current || id === current) return;
  if (error === null) draft.tell('nodeFollows', id, 'info', `node ${id} receives from the new primary`, 'failover');
  else {
    draft.tell('nodeCannotFollow', id, 'warning', `node ${id} cannot follow: ${error}`, 'failover');
    if (node.attached) takeOut(draft, id, `it cannot follow the new primary: ${error}`, COULD_NOT_FOLLOW);
  }
  draft.look([id]);
}

export function settle(draft: Draft): void {
  draft.state.act = null;
  lookAtAll(draft, 0);
}
