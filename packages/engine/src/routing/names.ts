/** What the names in a statement mean for where it may run: tests 6, 7, 8 and 10 of the ladder for reads. */
import type { QualifiedName } from '@pgherd/sql';
import { because, passed } from './because.ts';
import type { RoutingRules } from './rules.ts';
import type { FunctionFact, Reason, RelationFact } from './types.ts';

export interface NamesVerdict {
  /** Why it needs the primary; null where no name stands against a standby. */
  readonly reason: Reason | null;
  /** A function that the statement calls counts as writing. */
  readonly writes: boolean;
  /** Nothing that it names can write, views and policies looked through. */
  readonly harmless: boolean;
}

export const NO_NAMES: NamesVerdict = { reason: null, writes: false, harmless: true };

/** Relations that replay on a standby as they are: tables, partitioned tables, views, materialized views. */
const READABLE_KINDS = 'rpvm';

/** Asks for all names even after one decided: whether functions write matters for the transaction too. */
export function judgeNames(
  relations: readonly RelationFact[],
  functions: readonly FunctionFact[],
  rules: RoutingRules,
  trace?: Reason[],
): NamesVerdict {
  let reason: Reason | null = null;
  let harmless = true;
  for (const relation of relations) {
    if (!isHarmless(relation, rules)) harmless = false;
    if (reason === null) reason = againstRelation(relation, rules, trace);
  }
  let writes = false;
  for (const fact of functions) {
    if (mayWrite(fact, rules)) writes = true;
    if (reason === null) reason = againstFunction(fact, rules, trace);
  }
  return { reason, writes, harmless: harmless && !writes };
}

function againstRelation({ name, found }: RelationFact, rules: RoutingRules, trace?: Reason[]): Reason | null {
  const shown = trace === undefined ? '' : nameText(name);
  if (found === null)
    return because(trace, 'relation', trace === undefined ? 'an unknown relation' : `${shown} is unknown`);
  if (found.isCatalog)
    return because(trace, 'system catalog', trace ? `${shown} is a system catalog` : 'a system catalog');
  if (trace) passed(trace, 'system catalog', `${shown} is none`);
  if (found.persistence === 't' && rules.checkTempTable !== 'none') {
    return because(trace, 'check_temp_table', trace ? `${shown} is temporary` : 'a temporary table');
  }
  if (trace) passed(trace, 'check_temp_table', rules.checkTempTable === 'none' ? 'none' : `${shown} is not temporary`);
  if (found.persistence === 'u' && rules.checkUnloggedTable) {
    return because(trace, 'check_unlogged_table', trace ? `${shown} is unlogged` : 'an unlogged table');
  }
  if (trace) passed(trace, 'check_unlogged_table', rules.checkUnloggedTable ? `${shown} is logged` : 'off');
  if (!READABLE_KINDS.includes(found.kind)) {
    const kind = found.kind === 'S' ? 'a sequence' : found.kind === 'f' ? 'a foreign table' : `of kind ${found.kind}`;
    return because(trace, 'relation', trace ? `${shown} is ${kind}` : kind);
  }
  if (found.opaque)
    return because(trace, 'view', trace ? `${shown} locks rows or is not understood` : 'an opaque view');
  for (const fact of found.functions) {
    const reason = againstFunction(fact, rules, trace);
    if (reason !== null) return reason;
  }
  return null;
}

function againstFunction(fact: FunctionFact, rules: RoutingRules, trace?: Reason[]): Reason | null {
  const shown = trace === undefined ? 'a function' : `${nameText(fact.name)}()`;
  const rule = rules.functions.by;
  if (mayWrite(fact, rules)) return because(trace, rule, writesBecause(fact, rules, shown));
  // Whoever lists a function as reading has answered for it. That a list of writing functions lacks it says less.
  if (fact.belongsToServer && rule !== 'read_only_function_list') {
    return because(trace, 'server function', `${shown} answers for the server or the session that runs it`);
  }
  if (trace) passed(trace, rule, `${shown} does not write`);
  return null;
}

function writesBecause({ volatility }: FunctionFact, rules: RoutingRules, shown: string): string {
  if (rules.functions.by === 'read_only_function_list') return `${shown} is not in the list`;
  if (rules.functions.by === 'write_function_list') return `${shown} is in the list`;
  return volatility === null ? `${shown} is unknown` : `${shown} is volatile`;
}

/** By the list that is set, else by volatility. */
function mayWrite({ name, volatility }: FunctionFact, rules: RoutingRules): boolean {
  const rule = rules.functions;
  switch (rule.by) {
    case 'read_only_function_list':
      return !matches(rule.patterns, name, name.schema === 'pg_catalog');
    case 'write_function_list':
      return matches(rule.patterns, name, true);
    case 'volatility':
      return volatility === 'v' || volatility === null;
  }
}

/** The name as written; a qualified one without its schema too where `bare` says so. The grammar itself writes pg_catalog
 *  for functions with a syntax of their own (EXTRACT, SUBSTRING). */
function matches(patterns: readonly RegExp[], name: QualifiedName, bare: boolean): boolean {
  const text = nameText(name);
  const also = bare && name.schema !== '' ? name.name : null;
  return patterns.some((pattern) => pattern.test(text) || (also !== null && pattern.test(also)));
}

function isHarmless({ found }: RelationFact, rules: RoutingRules): boolean {
  return found !== null && !found.opaque && found.functions.every((fact) => !mayWrite(fact, rules));
}

export const nameText = ({ schema, name }: QualifiedName): string => (schema === '' ? name : `${schema}.${name}`);
