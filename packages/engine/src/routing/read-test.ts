/** What of a text alone says that it is a read (test 3 of the ladder): its shape is the parser's business, how it begins ours. */
import type { StatementClass } from '@pgherd/sql';
import type { RoutingRules } from './rules.ts';
import type { StatementFacts } from './types.ts';

/** How Pgpool-II wants a SELECT to begin where comments are not looked past: s S w W t T ( ; */
const FIRST_BYTES: ReadonlySet<number> = new Set([...'sSwWtT(;'].map((c) => c.charCodeAt(0)));

/** Null, or why the text's beginning speaks against a read. Only SELECT is examined by its first byte; a comment, which is
 *  how an application asks for the primary, counts for every statement. */
export function beginningObjects(facts: StatementFacts, kind: StatementClass['kind'] | null, rules: RoutingRules) {
  if (rules.allowSqlComments) return null;
  if (facts.leadingComment) return 'begins with a comment';
  if (kind !== 'select' && kind !== null) return null;
  const first = rules.ignoreLeadingWhiteSpace ? facts.firstByteTrimmed : facts.firstByte;
  return first === -1 || FIRST_BYTES.has(first) ? null : 'does not begin as a read does';
}

/** The pattern of primary_routing_query_pattern_list that the text matches. */
export function primaryPattern(facts: StatementFacts, rules: RoutingRules): RegExp | null {
  if (rules.primaryPatterns.length === 0) return null;
  const text = facts.text.length > PATTERN_TEXT_MAX ? facts.text.slice(0, PATTERN_TEXT_MAX) : facts.text;
  // A semicolon at the end is no part of a statement, yet some write patterns with it.
  const bare = text.replace(/[\s;]+$/, '');
  return rules.primaryPatterns.find((pattern) => pattern.test(text) || pattern.test(bare)) ?? null;
}

/** User-given expressions see no more than this many characters. */
const PATTERN_TEXT_MAX = 65_536;
