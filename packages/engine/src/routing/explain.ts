/** The ladder of one statement as rows, by the code that decides. */
import { decide } from './decide.ts';
import type { HerdView } from './herd-view.ts';
import { judge } from './judge.ts';
import type { RoutingRules } from './rules.ts';
import { peeking } from './strategies/strategies.ts';
import type { Reason, SessionFacts, StatementFacts } from './types.ts';

/** A rule that was asked. `passes`: it let the statement go on, or says what was looked at; the last one `decides`. */
export interface RouteRow {
  readonly rule: string;
  readonly verdict: 'passes' | 'decides';
  /** What was found: a name, a lag with its unit, a probability, the number drawn. */
  readonly value: string;
  /** The node that the row is about; for the last row, where the statement goes. Null where no node is meant or known. */
  readonly node: number | null;
}

/** Where the statement would go if it came now. Nothing remembers the question: turns are not taken, nothing is counted.
 *  The names must have been looked up (`needsNames`), and EXECUTE is explained by the facts of its PREPARE. */
export function explain(
  facts: StatementFacts,
  session: SessionFacts,
  herd: HerdView,
  rules: RoutingRules,
  draw: () => number,
): RouteRow[] {
  const text: Reason[] = [];
  const route = judge(facts, rules, text);
  const now: Reason[] = [];
  decide(route, session, { ...herd, strategy: peeking(herd.strategy) }, rules, draw, now);
  // What decided about the text comes once more from `decide`, with its node.
  return [...text.filter(({ decided }) => !decided), ...now].map(({ rule, decided, found, node }) => ({
    rule,
    verdict: decided ? 'decides' : 'passes',
    value: found,
    node: node ?? null,
  }));
}
