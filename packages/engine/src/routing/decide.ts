/**
 * The dynamic half of routing: where this execution goes, now. It runs for each statement, so it allocates nothing unless
 * it is asked to write its ladder down; that asks the same questions in the same order.
 */
import { passed } from './because.ts';
import { RungDecisions } from './decisions.ts';
import { isLate, lagOf, leastLate } from './delay.ts';
import { beginDraws, nextDraw } from './draws.ts';
import { type HerdView, servesReads } from './herd-view.ts';
import { NO_NODE } from './no-node.ts';
import { pickReadNode } from './read-node.ts';
import type { RoutingRules } from './rules.ts';
import type { Decision, Reason, RoutingNode, SessionFacts, StatementRoute } from './types.ts';

export type { HerdView } from './herd-view.ts';

const STATEMENT = new RungDecisions('statement', 'the statement needs the primary');
const SESSION = new RungDecisions('session', 'the primary first, read nodes before they are next used');
const PREPARED = new RungDecisions('prepared', 'nothing of that name was prepared');
const PINNED = new RungDecisions('pinned', 'something in the session exists on the primary only');
const PRIMARY_ONLY = new RungDecisions('primary-only', 'what the transaction did is not known');
const FAILED = new RungDecisions('failed-transaction', 'the transaction has failed');
const SERIALIZABLE = new RungDecisions('serializable', 'a standby cannot serve SERIALIZABLE');
const AFTER_WRITE = new RungDecisions('disable_load_balance_on_write', 'the session has written');
const ADAPTIVE = new RungDecisions('dml_adaptive', 'it reads what the transaction has written');
const SNAPSHOT = new RungDecisions('snapshot', 'the transaction reads one snapshot');
const TRANSACTION_TIME = new RungDecisions('transaction-time', 'it asks when the transaction began');
const READ_NODE = new RungDecisions('read-node', 'a read');
const NODE_DOWN = new RungDecisions('node-down', 'the read node is down');
const DELAY = new RungDecisions('delay', 'the read node is too far behind');
const READ_AFTER_WRITE = new RungDecisions('read_after_write', 'the read node may lack a write of the session');

const IDLE = 0x49;
const FAILED_TRANSACTION = 0x45;

/**
 * @param route for EXECUTE, `execution` of the route that its PREPARE had
 * @param draw a number from 0 up to 1; called once at most. The same number gives the same decision
 * @param trace gets a line for each rule that was asked; the last one decided
 */
export function decide(
  route: StatementRoute,
  session: SessionFacts,
  herd: HerdView,
  rules: RoutingRules,
  draw: () => number,
  trace?: Reason[],
): Decision {
  switch (route.destination) {
    case 'primary':
      return home(STATEMENT, herd, trace, route.because.found, route.because.rule);
    case 'both':
      return home(SESSION, herd, trace, route.because.found, route.because.rule);
    case 'prepared':
      return home(PREPARED, herd, trace, route.because.found);
    case 'either':
      return staysHome(route, session, herd, rules, trace) ?? readDecision(session, herd, rules, draw, trace);
  }
}

/** What the session's past says against a standby; null when nothing does. */
function staysHome(
  route: StatementRoute,
  session: SessionFacts,
  herd: HerdView,
  rules: RoutingRules,
  trace?: Reason[],
): Decision | null {
  const { status } = session;
  if (session.pinned !== null) return home(PINNED, herd, trace, session.pinned);
  if (trace) passed(trace, 'pinned', 'no');
  if (session.primaryOnly !== null) return home(PRIMARY_ONLY, herd, trace, session.primaryOnly);
  if (trace) passed(trace, 'primary-only', 'no');
  if (status === FAILED_TRANSACTION) return home(FAILED, herd, trace, 'state E');
  if (session.serializable) return home(SERIALIZABLE, herd, trace, 'isolation SERIALIZABLE');
  if (trace) {
    passed(trace, 'transaction', status === IDLE ? 'none' : 'open, not failed');
    passed(trace, 'serializable', 'no');
  }
  if (session.wrote && (status !== IDLE || rules.afterWrite === 'always')) {
    return home(AFTER_WRITE, herd, trace, rules.afterWrite);
  }
  if (trace) passed(trace, 'disable_load_balance_on_write', `${rules.afterWrite}: nothing was written`);
  if (status !== IDLE && session.written !== null && session.written.size > 0) {
    const object = writtenObject(route.objects, session.written);
    if (object !== undefined) return home(ADAPTIVE, herd, trace, object);
    if (trace) passed(trace, 'dml_adaptive', 'no object that was written');
  }
  if (status === IDLE) return null;
  if (session.writesOnSnapshot) return home(SNAPSHOT, herd, trace, 'REPEATABLE READ, and not READ ONLY');
  if (route.tellsTime) return home(TRANSACTION_TIME, herd, trace, 'each node began the transaction at its own time');
  if (session.snapshotNode !== null && session.snapshotNode === herd.primary) {
    return home(SNAPSHOT, herd, trace, 'REPEATABLE READ began on the primary');
  }
  return null;
}

function writtenObject(objects: readonly string[], written: ReadonlySet<string>): string | undefined {
  for (const object of objects) if (written.has(object)) return object;
  return undefined;
}

/** A read that may leave: its node, if that one serves and has caught up. */
function readDecision(
  session: SessionFacts,
  herd: HerdView,
  rules: RoutingRules,
  draw: () => number,
  trace?: Reason[],
): Decision {
  if (session.snapshotNode !== null && session.status !== IDLE)
    return snapshotDecision(session.snapshotNode, herd, trace);
  beginDraws(draw);
  const chosen = rules.statementLevel ? pickReadNode(session.preference, herd, rules, trace) : session.readNode;
  if (trace) passed(trace, 'statement_level_load_balance', rules.statementLevel ? 'on' : 'off', nodeOrNull(chosen));
  const node = herd.byId[chosen];
  if (!servesReads(node, herd.primary))
    return home(NODE_DOWN, herd, trace, trace ? `node ${chosen} is down` : '', 'node-down', chosen);
  if (chosen === herd.primary) return away(READ_NODE, chosen, NO_NODE, trace, 'the primary is the read node');
  const { delayLimit } = rules;
  if (isLate(node, herd.primary, delayLimit)) return lateDecision(node, session, herd, rules, trace);
  if (trace && delayLimit !== null) passed(trace, delayLimit.setting, lagText(node, rules), chosen);
  if (lacksWrites(node, session, rules)) {
    return home(READ_AFTER_WRITE, herd, trace, trace ? tokenText(node, session) : '', 'read_after_write', chosen);
  }
  if (trace) passed(trace, 'read_after_write', writesText(node, session, rules), chosen);
  return away(READ_NODE, chosen, NO_NODE, trace, 'a read');
}

/** The snapshot holds what it holds: neither lag nor writes since then matter to it. */
function snapshotDecision(id: number, herd: HerdView, trace?: Reason[]): Decision {
  if (!servesReads(herd.byId[id], herd.primary))
    return home(NODE_DOWN, herd, trace, trace ? `node ${id} is down` : '', 'node-down', id);
  return away(SNAPSHOT, id, NO_NODE, trace, 'REPEATABLE READ began on this node');
}

function lateDecision(
  late: RoutingNode,
  session: SessionFacts,
  herd: HerdView,
  rules: RoutingRules,
  trace?: Reason[],
): Decision {
  const limit = rules.delayLimit!;
  const other = rules.preferLowerDelay ? leastLate(herd, limit, nextDraw) : NO_NODE;
  if (other === NO_NODE) return home(DELAY, herd, trace, trace ? lagText(late, rules) : '', limit.setting, late.id);
  if (trace) passed(trace, limit.setting, lagText(late, rules), late.id);
  const node = herd.byId[other]!;
  if (lacksWrites(node, session, rules)) {
    return home(READ_AFTER_WRITE, herd, trace, trace ? tokenText(node, session) : '', 'read_after_write', other);
  }
  if (trace) passed(trace, 'read_after_write', writesText(node, session, rules), other);
  return away(DELAY, other, late.id, trace, trace ? lagText(node, rules) : '', 'prefer_lower_delay_standby');
}

function lacksWrites(node: RoutingNode, { token }: SessionFacts, { readAfterWrite }: RoutingRules): boolean {
  if (readAfterWrite === 'off' || token === null) return false;
  return token === 'unknown' || node.replayed === null || node.replayed < token;
}

function home(
  rung: RungDecisions,
  herd: HerdView,
  trace: Reason[] | undefined,
  found: string,
  rule: string = rung.rung,
  insteadOf = NO_NODE,
): Decision {
  trace?.push({ rule, found, decided: true, node: herd.primary });
  return rung.of(herd.primary ?? NO_NODE, insteadOf);
}

function away(
  rung: RungDecisions,
  node: number,
  insteadOf: number,
  trace: Reason[] | undefined,
  found: string,
  rule: string = rung.rung,
): Decision {
  trace?.push({ rule, found, decided: true, node });
  return rung.of(node, insteadOf);
}

const nodeOrNull = (node: number): number | null => (node < 0 ? null : node);

function lagText(node: RoutingNode, { delayLimit }: RoutingRules): string {
  if (delayLimit === null) return '';
  const lag = lagOf(node, delayLimit);
  const measured = lag === null ? 'not measured' : `${lag} ${delayLimit.unit}`;
  return `${measured}, at most ${delayLimit.max} ${delayLimit.unit}`;
}

function writesText(node: RoutingNode, session: SessionFacts, { readAfterWrite }: RoutingRules): string {
  if (readAfterWrite === 'off') return 'off';
  return session.token === null ? `${readAfterWrite}: nothing was written` : tokenText(node, session);
}

function tokenText({ replayed }: RoutingNode, { token }: SessionFacts): string {
  return `needs ${lsnText(token)}, has replayed ${lsnText(replayed)}`;
}

/** As PostgreSQL writes positions. */
function lsnText(lsn: bigint | 'unknown' | null): string {
  if (typeof lsn !== 'bigint') return 'an unknown position';
  return `${(lsn >> 32n).toString(16).toUpperCase()}/${(lsn & 0xffff_ffffn).toString(16).toUpperCase()}`;
}
