/** The settings that routing goes by, compiled once for each configuration. */
import {
  parseObjectRelationships,
  parseRedirectList,
  type Redirect,
  type RelatedObject,
  type Settings,
  translatePatternList,
} from '@pgherd/config';
import { type StrategyName, strategyName } from './strategies/names.ts';

export type AfterWrite = 'off' | 'transaction' | 'trans_transaction' | 'always' | 'dml_adaptive';

/** How a function is known to write: by the server's pg_proc.provolatile, or by one of the two lists. */
export type FunctionRule =
  | { readonly by: 'volatility' }
  | { readonly by: 'read_only_function_list' | 'write_function_list'; readonly patterns: readonly RegExp[] };

export interface DelayLimit {
  readonly setting: 'delay_threshold' | 'delay_threshold_by_time';
  readonly unit: 'bytes' | 'ms';
  readonly max: number;
}

export interface RedirectRule {
  readonly pattern: string;
  readonly expression: RegExp;
  readonly target: 'primary' | 'standby' | number;
  /** 0 to 1 */
  readonly ratio: number;
}

/** Immutable. A route made under one RoutingRules object holds for that object only. */
export interface RoutingRules {
  /** load_balance_mode, in a mode that has a primary. */
  readonly balances: boolean;
  /** Its primary may change: statements are read so that sessions can go on with the next one, also where none is balanced. */
  readonly changesPrimary: boolean;
  readonly ignoreLeadingWhiteSpace: boolean;
  readonly allowSqlComments: boolean;
  readonly functions: FunctionRule;
  /** primary_routing_query_pattern_list */
  readonly primaryPatterns: readonly RegExp[];
  readonly checkTempTable: 'catalog' | 'trace' | 'none';
  readonly checkUnloggedTable: boolean;
  /** disable_load_balance_on_write */
  readonly afterWrite: AfterWrite;
  /** dml_adaptive_object_relationship_list: a left object, in lower case and `f()` for functions, and all its right ones. */
  readonly related: ReadonlyMap<string, readonly string[]>;
  /** statement_level_load_balance */
  readonly statementLevel: boolean;
  /** Null where there is no limit, or nobody measures. */
  readonly delayLimit: DelayLimit | null;
  readonly preferLowerDelay: boolean;
  /** By setting, in the order in which they count. */
  readonly redirects: {
    readonly application: readonly RedirectRule[];
    readonly database: readonly RedirectRule[];
    readonly user: readonly RedirectRule[];
  };
  readonly readAfterWrite: 'off' | 'session' | 'wait';
  readonly strategy: StrategyName;
  /** A read that a standby refused for being a standby is run again on the primary. */
  readonly retryOnPrimary: boolean;
}

/** Settings that the table does not have yet. */
interface Coming {
  readonly load_balance_strategy?: string;
  readonly retry_on_primary?: boolean;
}

/** @throws Error for lists that the configuration's own checks would have refused. */
export function routingRules(settings: Settings): RoutingRules {
  const coming: Coming = settings;
  const mode = settings.backend_clustering_mode;
  return {
    balances: settings.load_balance_mode && (mode === 'streaming_replication' || mode === 'logical_replication'),
    changesPrimary: mode === 'streaming_replication',
    ignoreLeadingWhiteSpace: settings.ignore_leading_white_space,
    allowSqlComments: settings.allow_sql_comments,
    functions: functionRule(settings),
    primaryPatterns: compile(settings.primary_routing_query_pattern_list),
    checkTempTable: settings.check_temp_table,
    checkUnloggedTable: settings.check_unlogged_table,
    afterWrite: settings.disable_load_balance_on_write,
    related: relatedObjects(settings.dml_adaptive_object_relationship_list),
    statementLevel: settings.statement_level_load_balance,
    delayLimit: delayLimit(settings),
    preferLowerDelay: settings.prefer_lower_delay_standby,
    redirects: {
      application: redirects(settings.app_name_redirect_preference_list),
      database: redirects(settings.database_redirect_preference_list),
      user: redirects(settings.user_redirect_preference_list),
    },
    readAfterWrite: settings.read_after_write,
    strategy: strategyName(coming.load_balance_strategy),
    retryOnPrimary: coming.retry_on_primary ?? true,
  };
}

function functionRule(settings: Settings): FunctionRule {
  const { read_only_function_list: readOnly, write_function_list: writing } = settings;
  if (readOnly.length > 0) return { by: 'read_only_function_list', patterns: compile(readOnly) };
  if (writing.length > 0) return { by: 'write_function_list', patterns: compile(writing) };
  return { by: 'volatility' };
}

function delayLimit(settings: Settings): DelayLimit | null {
  if (settings.sr_check_period === 0) return null;
  if (settings.delay_threshold_by_time > 0) {
    return { setting: 'delay_threshold_by_time', unit: 'ms', max: settings.delay_threshold_by_time };
  }
  if (settings.delay_threshold > 0) {
    return { setting: 'delay_threshold', unit: 'bytes', max: settings.delay_threshold };
  }
  return null;
}

function redirects(list: string): RedirectRule[] {
  return parsed(parseRedirectList(list)).map(({ pattern, source, node, ratio }: Redirect) => ({
    pattern,
    expression: new RegExp(source, 'is'),
    target: node,
    ratio,
  }));
}

function relatedObjects(list: string): ReadonlyMap<string, readonly string[]> {
  const related = new Map<string, string[]>();
  for (const { left, right } of parsed(parseObjectRelationships(list))) {
    const key = objectKey(left);
    related.set(key, [...(related.get(key) ?? []), objectKey(right)]);
  }
  return related;
}

/** An object as dml_adaptive compares it: lower case, without schema, `()` behind a function. */
function objectKey({ name, isFunction }: RelatedObject): string {
  const bare = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  return isFunction ? `${bare}()` : bare;
}

/** POSIX: a dot matches a line's end too. */
const compile = (elements: readonly string[]): RegExp[] =>
  parsed(translatePatternList(elements)).map((source) => new RegExp(source, 'is'));

function parsed<T>(result: { ok: true; elements: readonly T[] } | { ok: false; message: string }): readonly T[] {
  if (!result.ok) throw new Error(`a list of the configuration ${result.message}`);
  return result.elements;
}
