/** Where a statement would go, and why: the facts are found out as for one that runs, and nothing is run. */
import type { RouteQuestion } from '@pgherd/operations';
import { type Answer, askSql } from '../frontend/engine-query.ts';
import type { TextScope } from '../frontend/router-host.ts';
import type { Session } from '../frontend/session.ts';
import { explain, type RouteRow } from '../routing/explain.ts';
import { judge } from '../routing/judge.ts';
import { chooseReadNode, readPreference, readShares } from '../routing/read-node.ts';
import type { RoutingRules } from '../routing/rules.ts';
import { SessionState } from '../routing/session-state.ts';
import { peeking } from '../routing/strategies/strategies.ts';
import type { Reason, SessionFacts, StatementFacts } from '../routing/types.ts';
import type { Routing } from './routing.ts';

export type Explained = readonly RouteRow[] | { readonly error: string };

type Ask = ((sql: string) => Promise<Answer>) | null;

interface Asker {
  readonly scope: TextScope;
  readonly state: SessionFacts;
  readonly rules: RoutingRules;
  readonly ask: Ask;
  /** What was prepared under a name. */
  prepared(name: string): Buffer | null;
  /** Told what the statement names, before its route is looked for. */
  suppose?(objects: readonly string[]): void;
}

/** For a session that owes and is owed nothing. */
export function explainInSession(routing: Routing, session: Session, sql: string): Promise<Explained> {
  const { home, router } = session;
  const { standardConformingStrings, clientEncoding: encoding } = home;
  const state = router?.state ?? new SessionState(routing.rules);
  if (router === null) {
    (state as SessionState).status = home.status;
    (state as SessionState).readNode = home.nodeId;
  }
  return explainFor(routing, sql, {
    scope: router?.scope ?? { key: home.key, rules: { standardConformingStrings, encoding }, routing: null },
    state,
    rules: router?.rules ?? routing.rules,
    // A question inside a batch would end its implicit transaction, and one in a snapshot would take it.
    ask:
      home.closed || home.replies.batchOpen || home.status === FAILED || router?.state.oneSnapshot === true
        ? null
        : (question) => askSql(home, question),
    prepared: (name) => preparedText(router?.statements.get(name)?.message ?? null),
  });
}

/** For a session that such a client would have. */
export async function explainForClient(routing: Routing, question: RouteQuestion, ask: Ask): Promise<Explained> {
  const identity = { ...question, isolation: null };
  const { rules } = routing;
  const state = new SessionState(rules);
  const herd = { ...routing.herd, strategy: peeking(routing.herd.strategy) };
  const chosen: Reason[] = [];
  state.readNode = chooseReadNode(identity, herd, rules, routing.draw, chosen);
  state.preference = readPreference(identity, rules);
  const rows = await explainFor(routing, question.sql, {
    scope: {
      key: `explained\0${question.database}\0${question.user}`,
      rules: { standardConformingStrings: true, encoding: 'UTF8' },
      routing: null,
    },
    state,
    rules,
    ask,
    prepared: () => null,
    suppose: (objects) => state.suppose(question.inTransaction === true, question.afterWrite === true ? objects : null),
  });
  if ('error' in rows || rules.statementLevel || !looksAtReadNode(rows)) return rows;
  const choice = chosen.map(({ rule, found, node }) => passes(rule, found, node ?? null));
  return [...rows.filter(({ rule }) => rule !== SHARE_RULE).slice(0, -1), ...choice, ...rows.slice(-1)];
}

async function explainFor(routing: Routing, sql: string, asker: Asker): Promise<Explained> {
  const { facts, error } = await routing.factsOf(asker.scope, Buffer.from(sql), asker.ask);
  if (error !== null) return { error: error.message };
  const executed = await executedFacts(routing, facts, asker);
  if (executed !== null && 'error' in executed) return { error: executed.error };
  const { herd, draw } = routing;
  asker.suppose?.(judge(executed?.facts ?? facts, asker.rules).objects);
  const rows = explain(executed?.facts ?? facts, asker.state, herd, asker.rules, draw);
  const shares = shareRows(asker, routing);
  const at = looksAtReadNode(rows) && !asker.rules.statementLevel ? rows.findIndex(isReadNodeRow) : 0;
  const before = executed === null ? [] : [passes('EXECUTE', executed.text, null)];
  return [...before, ...rows.slice(0, at), ...(at > 0 ? shares : []), ...rows.slice(at)];
}

const FAILED = 0x45;
const SHARE_RULE = 'read node of the session';

const isReadNodeRow = ({ rule }: RouteRow): boolean => rule === 'statement_level_load_balance';
const looksAtReadNode = (rows: readonly RouteRow[]): boolean => rows.some(isReadNodeRow);

function passes(rule: string, value: string, node: number | null): RouteRow {
  return { rule, verdict: 'passes', value, node };
}

/** How probable each node was when the session's read node was drawn. */
function shareRows({ state }: Asker, { herd }: Routing): RouteRow[] {
  const shares = readShares(state.preference, { ...herd, strategy: peeking(herd.strategy) });
  return [...shares].map(([id, share]) => {
    const probability = `probability ${Number(share.toFixed(4))}`;
    return passes(SHARE_RULE, id === state.readNode ? `${probability}, and was drawn` : probability, id);
  });
}

/** EXECUTE is explained by what it executes. */
async function executedFacts(
  routing: Routing,
  { classes }: StatementFacts,
  asker: Asker,
): Promise<{ facts: StatementFacts; text: string } | { error: string } | null> {
  const detail = classes?.length === 1 ? classes[0]?.detail : undefined;
  if (detail?.kind !== 'execute') return null;
  const text = asker.prepared(detail.name);
  if (text === null) return null;
  const { facts, error } = await routing.factsOf(asker.scope, text, asker.ask);
  return error === null ? { facts, text: text.toString('utf8') } : { error: error.message };
}

/** The text in a Parse message, or in a Query message with PREPARE. */
function preparedText(message: Buffer | null): Buffer | null {
  if (message === null) return null;
  const start = message[0] === 0x50 ? message.indexOf(0, 5) + 1 : 5;
  return message.subarray(start, message.indexOf(0, start));
}
