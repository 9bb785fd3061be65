/** Which node answers reads: for a session when it starts, or for one statement (sql-surface 7). */
import { passed } from './because.ts';
import { isLate, leastLate } from './delay.ts';
import { beginDraws, drawnNumber, nextDraw } from './draws.ts';
import { type HerdView, servesReads } from './herd-view.ts';
import { NO_NODE } from './no-node.ts';
import type { RedirectRule, RoutingRules } from './rules.ts';
import type { ReadPreference, Reason } from './types.ts';
import type { WeightTable } from './weights.ts';

/** Who a session is. `application` as in its start-up packet. */
export interface Identity {
  readonly application: string;
  readonly database: string;
  readonly user: string;
}

/** The element of the redirect lists that fits: the application's before the database's before the user's. It holds until
 *  the configuration changes. */
export function readPreference(identity: Identity, { redirects }: RoutingRules): ReadPreference | null {
  return (
    firstMatch('app_name_redirect_preference_list', redirects.application, identity.application) ??
    firstMatch('database_redirect_preference_list', redirects.database, identity.database) ??
    firstMatch('user_redirect_preference_list', redirects.user, identity.user)
  );
}

function firstMatch(setting: string, elements: readonly RedirectRule[], matched: string): ReadPreference | null {
  const element = elements.find(({ expression }) => expression.test(matched));
  if (element === undefined) return null;
  return { setting, pattern: element.pattern, matched, target: element.target, ratio: element.ratio };
}

/** The read node of a session that starts, or that lost the one before. NO_NODE when nobody can serve.
 *  @param draw a number from 0 up to 1; called once at most */
export function chooseReadNode(
  identity: Identity,
  herd: HerdView,
  rules: RoutingRules,
  draw: () => number,
  trace?: Reason[],
): number {
  beginDraws(draw);
  if (!rules.balances) {
    if (trace) passed(trace, 'load_balance_mode', 'off', herd.primary);
    return herd.primary ?? NO_NODE;
  }
  const chosen = pickReadNode(readPreference(identity, rules), herd, rules, trace);
  const node = herd.byId[chosen];
  if (!rules.preferLowerDelay || rules.delayLimit === null || node === undefined) return chosen;
  if (!isLate(node, herd.primary, rules.delayLimit)) return chosen;
  const other = leastLate(herd, rules.delayLimit, nextDraw);
  // When all are late it keeps its choice, which serves once it has caught up.
  if (other === NO_NODE) return chosen;
  if (trace) passed(trace, 'prefer_lower_delay_standby', `node ${chosen} is late`, other);
  return other;
}

/** One choice, with the draws of the decision that has begun. */
export function pickReadNode(
  preference: ReadPreference | null,
  herd: HerdView,
  rules: RoutingRules,
  trace?: Reason[],
): number {
  const applies = preference !== null && canServe(preference, herd);
  if (trace) {
    if (preference !== null) tracePreference(preference, applies, trace);
    traceShares(applies ? preference : null, herd, trace);
  }
  const picked = applies ? pickPreferred(preference, herd, rules) : pickFrom(herd.readers, herd);
  const drawn = trace && drawnNumber();
  if (trace && typeof drawn === 'number') passed(trace, 'draw', String(drawn), picked);
  return picked;
}

/** An element whose node is down is passed over. */
function canServe({ target }: ReadPreference, herd: HerdView): boolean {
  if (target === 'standby') return herd.standbys.total > 0;
  const id = target === 'primary' ? herd.primary : target;
  return id !== null && servesReads(herd.byId[id], herd.primary);
}

function pickPreferred({ target, ratio }: ReadPreference, herd: HerdView, rules: RoutingRules): number {
  if (typeof target === 'number' && rules.preferLowerDelay && rules.delayLimit !== null) {
    const other = isLate(herd.byId[target]!, herd.primary, rules.delayLimit)
      ? leastLate(herd, rules.delayLimit, nextDraw)
      : NO_NODE;
    if (other !== NO_NODE) return other;
  }
  const hits = ratio >= 1 || (ratio > 0 && nextDraw() < ratio);
  if (target === 'standby') return hits ? pickFrom(herd.standbys, herd) : (herd.primary ?? NO_NODE);
  const id = target === 'primary' ? herd.primary! : target;
  return hits ? id : pickFrom(herd.readersBut[id]!, herd);
}

/** Nobody with a weight: the primary. */
function pickFrom(table: WeightTable, herd: HerdView): number {
  if (table.total === 0) return herd.primary ?? NO_NODE;
  return table.ids.length === 1 ? table.ids[0]! : herd.strategy.pick(table, nextDraw);
}

function tracePreference(preference: ReadPreference, applies: boolean, trace: Reason[]): void {
  const { setting, pattern, matched, target, ratio } = preference;
  const element = `"${matched}" matches ${pattern}:${target}(${ratio})`;
  passed(trace, setting, applies ? element : `${element}, which is down`);
}

/** One line for each node that may be picked: how probable it is. */
function traceShares(preference: ReadPreference | null, herd: HerdView, trace: Reason[]): void {
  for (const [id, share] of readShares(preference, herd)) {
    passed(trace, herd.strategy.name, `probability ${Number(share.toFixed(4))}`, id);
  }
}

/** Probability of each node to be picked, by node id; delay not looked at. */
export function readShares(preference: ReadPreference | null, herd: HerdView): ReadonlyMap<number, number> {
  const shares = new Map<number, number>();
  const add = (id: number | null, share: number): void => {
    if (id !== null && share > 0) shares.set(id, (shares.get(id) ?? 0) + share);
  };
  const addTable = (table: WeightTable, share: number): void => {
    const parts = herd.strategy.shares(table);
    if (table.total === 0) add(herd.primary, share);
    table.ids.forEach((id, place) => {
      add(id, share * parts[place]!);
    });
  };
  if (preference === null || !canServe(preference, herd)) {
    addTable(herd.readers, 1);
    return shares;
  }
  const { target, ratio } = preference;
  if (target === 'standby') {
    addTable(herd.standbys, ratio);
    add(herd.primary, 1 - ratio);
  } else {
    const id = target === 'primary' ? herd.primary! : target;
    add(id, ratio);
    addTable(herd.readersBut[id]!, 1 - ratio);
  }
  return shares;
}
