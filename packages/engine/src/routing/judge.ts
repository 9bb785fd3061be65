/**
 * The static half of routing: what a text allows, whoever runs it and whenever. Its answer is kept for a text, a scope of
 * names and a RoutingRules object, and `decide` goes by it.
 */
import {
  functionTellsTransactionTime,
  type QualifiedName,
  type StatementClass,
  type StatementDetail,
} from '@pgherd/sql';
import { because, passed } from './because.ts';
import { countedAs, countsAsWrite, leavesWal, placementOf, SERVER_SETTINGS } from './kinds.ts';
import { judgeNames, type NamesVerdict, NO_NAMES } from './names.ts';
import { pinsOf } from './pins.ts';
import { beginningObjects, primaryPattern } from './read-test.ts';
import type { RoutingRules } from './rules.ts';
import { OPAQUE_TIES, SYNTAX_TIES, tiesOf } from './ties.ts';
import type { Reason, RelationFact, StatementFacts, StatementRoute } from './types.ts';

/** What one statement of a text came to. */
type Verdict = Pick<StatementRoute, 'destination' | 'because' | 'isWrite' | 'mayWrite' | 'execution'>;

/** Must the names be looked up before `judge` can tell? Never for a text that writes or that stays anyway. Without names
 *  such a text is judged as one for the primary. */
export function needsNames(facts: StatementFacts, rules: RoutingRules): boolean {
  const { classes } = facts;
  if (classes === null || !rules.balances || (facts.relations !== null && facts.functions !== null)) return false;
  if (beginningObjects(facts, classes[0]?.kind ?? null, rules) !== null) return false;
  return classes.every(mayLeave) && classes.some(hasNames);
}

/** @param trace gets a line for each rule that was asked */
export function judge(facts: StatementFacts, rules: RoutingRules, trace?: Reason[]): StatementRoute {
  const { classes } = facts;
  if (classes === null) return opaqueRoute(facts, trace);
  const only = classes[0];
  if (only === undefined) return routeOf(classes, emptyVerdict(facts, rules, trace), facts);
  if (classes.length === 1) return routeOf(classes, statementVerdict(only, facts, rules, trace), facts);
  return routeOf(classes, severalVerdict(classes, facts, rules, trace), facts);
}

function routeOf(classes: readonly StatementClass[], verdict: Verdict, facts: StatementFacts): StatementRoute {
  const ties = tiesOf(classes, facts);
  return {
    ...verdict,
    objects: objectsOf(classes),
    classes,
    countedAs: countedAs(classes[0]?.kind),
    pins: pinsOf(classes),
    ties,
    several: classes.length > 1,
    opaque: false,
    plain: ties.length === 0 && isPlain(classes, verdict),
    terminates: classes.some((one) => one.functions.some(({ name }) => name === 'pg_terminate_backend')),
    tellsTime: classes.some((one) => one.functions.some(tellsTime)) || (facts.relations ?? []).some(insideTellsTime),
  };
}

function isPlain(classes: readonly StatementClass[], { destination, isWrite, mayWrite }: Verdict): boolean {
  if (destination !== 'either' || isWrite || mayWrite) return false;
  return classes.every(({ kind, settingsSet }) => kind !== 'prepare' && settingsSet?.length === 0);
}

const tellsTime = ({ schema, name }: QualifiedName): boolean => functionTellsTransactionTime(schema, name);

const insideTellsTime = ({ found }: RelationFact): boolean =>
  found?.functions.some((fact) => tellsTime(fact.name)) === true;

function opaqueRoute(facts: StatementFacts, trace?: Reason[]): StatementRoute {
  return {
    destination: 'primary',
    because: because(trace, 'statement', `not analysed: ${facts.opaqueBecause ?? 'no reason given'}`),
    isWrite: true,
    mayWrite: true,
    objects: [],
    classes: null,
    countedAs: 'other',
    pins: ['opaque'],
    ties: facts.opaqueBecause === 'syntax-error' ? SYNTAX_TIES : OPAQUE_TIES,
    several: facts.text.replace(/[\s;]+$/, '').includes(';'),
    opaque: true,
    plain: false,
    terminates: false,
    tellsTime: false,
    execution: null,
  };
}

function emptyVerdict(facts: StatementFacts, rules: RoutingRules, trace?: Reason[]): Verdict {
  const reason = balanceReason(rules, trace) ?? textReason(facts, null, rules, trace);
  return readVerdict(reason, NO_NAMES, trace);
}

function statementVerdict(one: StatementClass, facts: StatementFacts, rules: RoutingRules, trace?: Reason[]): Verdict {
  switch (one.detail.kind) {
    case 'prepare':
      return preparedVerdict(one.detail, facts, rules, trace);
    case 'show':
      return showVerdict(one.detail.name, facts, rules, trace);
    case 'explain':
      return explainVerdict(one, facts, rules, trace);
    default:
      return one.isRead ? selectVerdict(one, facts, rules, trace) : otherVerdict(one, trace);
  }
}

/** SELECT and COPY TO STDOUT. */
function selectVerdict(one: StatementClass, facts: StatementFacts, rules: RoutingRules, trace?: Reason[]): Verdict {
  const early = balanceReason(rules, trace) ?? textReason(facts, one.kind, rules, trace);
  const names = namesVerdict(one, facts, rules, early === null ? trace : undefined);
  const verdict = readVerdict(early ?? names.reason, names, trace);
  // What does not begin as a read is none by 5.1, and so counts as a write.
  const begins = one.kind !== 'select' || beginningObjects(facts, one.kind, rules) === null;
  if (facts.refused === true) return { ...verdict, isWrite: true, mayWrite: true };
  return begins ? verdict : { ...verdict, isWrite: true };
}

function showVerdict(name: string, facts: StatementFacts, rules: RoutingRules, trace?: Reason[]): Verdict {
  let reason = balanceReason(rules, trace) ?? textReason(facts, 'show', rules, trace);
  if (reason === null && SERVER_SETTINGS.has(name.toLowerCase())) {
    reason = because(trace, 'server setting', `${name} belongs to the server`);
  }
  return readVerdict(reason, NO_NAMES, trace);
}

/** Goes to the primary even when it reads, yet counts as a read then. */
function explainVerdict(one: StatementClass, facts: StatementFacts, rules: RoutingRules, trace?: Reason[]): Verdict {
  const runs = one.detail.kind === 'explain' && one.detail.analyze;
  const names = runs ? namesVerdict(one, facts, rules) : NO_NAMES;
  const isWrite = !one.isRead || names.writes;
  return {
    destination: 'primary',
    because: because(trace, 'statement', 'EXPLAIN'),
    isWrite,
    mayWrite: isWrite || !names.harmless,
    execution: null,
  };
}

/** PREPARE goes where its statement may go, and runs nothing. */
function preparedVerdict(
  { name, of }: Extract<StatementDetail, { kind: 'prepare' }>,
  facts: StatementFacts,
  rules: RoutingRules,
  trace?: Reason[],
): Verdict {
  // Its first character is that of PREPARE; a comment before it still counts.
  const inside: StatementFacts = { ...facts, classes: [of], firstByte: -1, firstByteTrimmed: -1 };
  const execution = { ...routeOf([of], statementVerdict(of, inside, rules, trace), inside), preparedAs: name };
  const destination = execution.destination === 'either' ? 'either' : 'primary';
  return { destination, because: execution.because, isWrite: execution.isWrite, mayWrite: false, execution };
}

function otherVerdict(one: StatementClass, trace?: Reason[]): Verdict {
  const { destination, found } = placementOf(one);
  return {
    destination,
    because: because(trace, 'statement', found),
    isWrite: countsAsWrite(one),
    mayWrite: leavesWal(one),
    execution: null,
  };
}

/** Goes as a whole to one node: a read only when each statement is one. */
function severalVerdict(
  classes: readonly StatementClass[],
  facts: StatementFacts,
  rules: RoutingRules,
  trace?: Reason[],
): Verdict {
  let isWrite = false;
  let mayWrite = false;
  let reason: Reason | null = null;
  for (const one of classes) {
    const asked = reason === null ? trace : undefined;
    const verdict = statementVerdict(one, oneOf(facts, one, classes), rules, asked);
    isWrite ||= verdict.isWrite;
    mayWrite ||= verdict.mayWrite;
    if (reason !== null) continue;
    if (verdict.destination === 'primary') reason = verdict.because;
    else if (verdict.destination !== 'either' || one.kind === 'prepare') {
      reason = because(trace, 'several statements', `${one.kind} among several statements`);
    }
  }
  const destination = reason === null ? 'either' : 'primary';
  return { destination, because: reason ?? READS, isWrite, mayWrite, execution: null };
}

/** Only the first statement of a text has its beginning. */
function oneOf(facts: StatementFacts, one: StatementClass, classes: readonly StatementClass[]): StatementFacts {
  return one === classes[0] ? facts : { ...facts, firstByte: -1, firstByteTrimmed: -1 };
}

function readVerdict(reason: Reason | null, names: NamesVerdict, trace?: Reason[]): Verdict {
  if (reason === null && trace) passed(trace, 'statement', READS.found);
  return {
    destination: reason === null ? 'either' : 'primary',
    because: reason ?? READS,
    isWrite: names.writes,
    mayWrite: names.writes || !names.harmless,
    execution: null,
  };
}

const READS: Reason = { rule: 'statement', found: 'a read that may leave the primary', decided: true };

function balanceReason(rules: RoutingRules, trace?: Reason[]): Reason | null {
  if (!rules.balances) return because(trace, 'load_balance_mode', 'off');
  if (trace) passed(trace, 'load_balance_mode', 'on');
  return null;
}

function textReason(
  facts: StatementFacts,
  kind: StatementClass['kind'] | null,
  rules: RoutingRules,
  trace?: Reason[],
): Reason | null {
  const objection = beginningObjects(facts, kind, rules);
  if (objection !== null) return because(trace, 'read', objection);
  if (trace) passed(trace, 'read', kind === null ? 'an empty query' : `${kind} is a read`);
  const pattern = primaryPattern(facts, rules);
  if (pattern !== null) return because(trace, 'primary_routing_query_pattern_list', `matches ${pattern.source}`);
  if (trace && rules.primaryPatterns.length > 0) passed(trace, 'primary_routing_query_pattern_list', 'no match');
  if (facts.refused === true) return because(trace, 'refused', 'a standby has refused it because it writes');
  return null;
}

function namesVerdict(one: StatementClass, facts: StatementFacts, rules: RoutingRules, trace?: Reason[]): NamesVerdict {
  const own = againstOwnNames(one, facts, trace);
  if (own === null && !hasNames(one)) return NO_NAMES;
  if (facts.relations !== null && facts.functions !== null) {
    const functions = facts.operators ? [...facts.functions, ...facts.operators] : facts.functions;
    const names = judgeNames(facts.relations, functions, rules, own === null ? trace : undefined);
    return own === null ? names : { ...names, reason: own, harmless: names.harmless && one.operators.length === 0 };
  }
  const reason = own ?? because(trace, 'names', 'nobody asked the server yet what the names mean');
  return { reason, writes: one.functions.length > 0, harmless: false };
}

/** What the names themselves say, whatever the server knows of them. */
function againstOwnNames(one: StatementClass, facts: StatementFacts, trace?: Reason[]): Reason | null {
  if (one.namesTemp) return because(trace, 'check_temp_table', 'names a temporary schema');
  if (one.settingsRead === null) return because(trace, 'server setting', 'reads a setting whose name is computed');
  const setting = one.settingsRead.find((name) => SERVER_SETTINGS.has(name));
  if (setting !== undefined) return because(trace, 'server setting', `${setting} belongs to the server`);
  if (one.operators.length > 0 && !facts.operators) {
    return because(trace, 'operator', `what function is behind ${one.operators[0]!.name} is not known`);
  }
  return null;
}

const hasNames = (one: StatementClass): boolean => one.relations.length > 0 || one.functions.length > 0;

/** Can the names matter for where it goes, or for whether it counts as a write? */
function mayLeave(one: StatementClass): boolean {
  if (one.detail.kind === 'prepare') return mayLeave(one.detail.of);
  return one.isRead && (one.detail.kind !== 'explain' || one.detail.analyze);
}

function objectsOf(classes: readonly StatementClass[]): readonly string[] {
  const objects = new Set<string>();
  for (const { relations, functions } of classes) {
    for (const { name } of relations) objects.add(name.toLowerCase());
    for (const { name } of functions) objects.add(`${name.toLowerCase()}()`);
  }
  return [...objects];
}
