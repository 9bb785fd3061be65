/**
 * What routing knows and says: facts in, a decision out. Two steps, because the first one holds for every execution of a
 * text and is kept, and the second one runs for each.
 *
 *   judge(facts, rules)                    -> StatementRoute   what the text allows; kept per text, scope and configuration
 *   decide(route, session, herd, rules)    -> Decision         where this execution goes, now
 */
import type { QualifiedName, StatementClass } from '@pgherd/sql';

/** One rung of the ladder: what was asked, what was found, whether it decided. */
export interface Reason {
  readonly rule: string;
  readonly found: string;
  readonly decided: boolean;
  /** Node that it is about: with `decided` the one that the statement goes to. */
  readonly node?: number | null;
}

/**
 * What ties a session to its primary: a temporary object, settings changed where they cannot be copied from, a loaded
 * library, or a text of which nobody knows what it did.
 */
export type Pin = 'temporary-object' | 'settings' | 'library' | 'opaque';

/** Kinds of what a statement leaves in its session that another connection to another server cannot be given. */
export type TieKind =
  | 'advisory-lock'
  | 'authorization'
  | 'code'
  | 'cursor'
  | 'function'
  | 'library'
  | 'listen'
  | 'opaque'
  | 'role';

export interface Tie {
  readonly kind: TieKind;
  /** Completes "the session …". */
  readonly text: string;
}

/** Which nodes an identity prefers for its reads: the first element that fits of the redirect lists. */
export interface ReadPreference {
  /** The setting that it stands in. */
  readonly setting: string;
  /** The element's pattern, and what it matched. */
  readonly pattern: string;
  readonly matched: string;
  readonly target: 'primary' | 'standby' | number;
  /** Share of choices to which it applies, 0 to 1. */
  readonly ratio: number;
}

/** What one name in a statement means, as the server said. */
export interface RelationFact {
  readonly name: QualifiedName;
  /** Null: no such relation was found (a name of a WITH query among them). */
  readonly found: {
    /** pg_catalog, information_schema or pg_toast, or a view over them that the server made. */
    readonly isCatalog: boolean;
    /** pg_class.relpersistence; `t` and `u` also when a child or a view's table is. */
    readonly persistence: 'p' | 'u' | 't';
    /** pg_class.relkind */
    readonly kind: string;
    /** The functions that a view or a row-security policy calls, views below it looked through. */
    readonly functions: readonly FunctionFact[];
    /** Reading it locks rows, or something in it could not be understood. */
    readonly opaque: boolean;
  } | null;
}

export interface FunctionFact {
  readonly name: QualifiedName;
  /** pg_proc.provolatile, the most volatile of the visible functions of that name; null = none was found. */
  readonly volatility: 'i' | 's' | 'v' | null;
  /** From the table of built-ins whose answer belongs to the server or the session. */
  readonly belongsToServer: boolean;
}

/** All that is known of one text in one scope (database, user, search_path). */
export interface StatementFacts {
  /** One for each statement of a query string; empty for an empty query; null = not analysed (over a cap, syntax error). */
  readonly classes: readonly StatementClass[] | null;
  /** Why it was not analysed. */
  readonly opaqueBecause: string | null;
  /** First byte of the text as sent, -1 when there is none. */
  readonly firstByte: number;
  /** First byte behind leading white space. */
  readonly firstByteTrimmed: number;
  readonly leadingComment: boolean;
  /** The text as sent, for pattern lists; at most 64 kB of it. */
  readonly text: string;
  /** Null: nobody asked the server yet. */
  readonly relations: readonly RelationFact[] | null;
  readonly functions: readonly FunctionFact[] | null;
  /** The functions behind the classes' `operators`. Without them a statement with such operators stays on the primary. */
  readonly operators?: readonly FunctionFact[] | null;
  /** A standby refused this text because it writes, whatever its functions claim. */
  readonly refused?: boolean;
}

/** Where a text may go, and what it does to the session. Immutable. */
export interface StatementRoute {
  /**
   * `either`: a read that may leave the primary. `both`: the session's own business (transaction verbs, SET, DISCARD):
   * the primary now, read nodes before they are next used. `prepared`: EXECUTE or DEALLOCATE, as its PREPARE.
   */
  readonly destination: 'either' | 'primary' | 'both' | 'prepared';
  /** The rung that decided, for logs; explain() gives the whole ladder. */
  readonly because: Reason;
  /** Counts as a write by sql-surface 6. */
  readonly isWrite: boolean;
  /** May leave WAL behind: everything but what is known to be a read. What read_after_write goes by. */
  readonly mayWrite: boolean;
  /** Relations and `function()`s named, in lower case without schema: for dml_adaptive. */
  readonly objects: readonly string[];
  readonly classes: readonly StatementClass[] | null;
  /** What SHOW pool_backend_stats counts it as. */
  readonly countedAs: 'select' | 'insert' | 'update' | 'delete' | 'ddl' | 'other';
  /** What ties the session to its primary once this has run. */
  readonly pins: readonly Pin[];
  /** What it leaves in its session that cannot be made again on another connection. */
  readonly ties: readonly Tie[];
  /** It may be more than one statement, so that a part of it may have had its effect when the whole fails. */
  readonly several: boolean;
  /** Nobody knows what it does. */
  readonly opaque: boolean;
  /** A read that leaves nothing behind in its session: there is nothing to note once it has succeeded. */
  readonly plain: boolean;
  /** Calls pg_terminate_backend(): the number in it may be that of a process of another node. */
  readonly terminates: boolean;
  /** Asks when the transaction began (now() and the like): the same on all nodes only outside a transaction. */
  readonly tellsTime: boolean;
  /** For PREPARE: what EXECUTE of it is. */
  readonly execution: StatementRoute | null;
  /** For such an execution: the name of the prepared statement. */
  readonly preparedAs?: string;
}

/** What decide() needs of a session. Kept by SessionState (session-state.ts), which the session tells what happened. */
export interface SessionFacts {
  /** State of the session on its primary: `I`, `T` or `E`. */
  readonly status: number;
  /** In an explicit transaction: something was written (sql-surface 6); with `always` and `trans_transaction` also before. */
  readonly wrote: boolean;
  readonly serializable: boolean;
  /** REPEATABLE READ and not READ ONLY: what it writes must stand on the snapshot that it read. */
  readonly writesOnSnapshot: boolean;
  /** The transaction began in, or a part of it was, a query of several statements, or nobody knows what it did. */
  readonly primaryOnly: string | null;
  /** Why reads of this session never leave the primary: a temporary object, settings that cannot be copied. */
  readonly pinned: string | null;
  /** dml_adaptive: objects written in this transaction, in lower case. */
  readonly written: ReadonlySet<string> | null;
  /** The session's read node, chosen when it started (or when the one before was lost). */
  readonly readNode: number;
  /** For statement_level_load_balance, which chooses for each read. */
  readonly preference: ReadPreference | null;
  /** REPEATABLE READ: the node whose snapshot this transaction reads; null = none yet, or another isolation level. */
  readonly snapshotNode: number | null;
  /** read_after_write: the position that a read node must have replayed; null = none; `unknown` = wrote, not asked yet. */
  readonly token: bigint | 'unknown' | null;
}

/** One node as routing sees it. */
export interface RoutingNode {
  readonly id: number;
  readonly role: 'primary' | 'standby' | 'unknown';
  readonly up: boolean;
  /** Share of reads, 0 to 1. */
  readonly weight: number;
  /** Bytes behind the primary at the last streaming check; null = not measured. */
  readonly lagBytes: number | null;
  /** pg_stat_replication.replay_lag; null = not measured. */
  readonly lagMs: number | null;
  /** Position known to be replayed; it only grows within an epoch. Null = not asked yet. */
  readonly replayed: bigint | null;
}

/** The rungs of decide(), in the order in which they are asked. */
export type Rung =
  | 'statement'
  | 'session'
  | 'prepared'
  | 'pinned'
  | 'primary-only'
  | 'failed-transaction'
  | 'serializable'
  | 'disable_load_balance_on_write'
  | 'dml_adaptive'
  | 'snapshot'
  | 'transaction-time'
  | 'read-node'
  | 'node-down'
  | 'delay'
  | 'read_after_write';

/** Where one execution goes. One object for each rung and pair of nodes, made once: compare, do not change. */
export interface Decision {
  /** Node id, or null when no node can serve. */
  readonly node: number | null;
  readonly rung: Rung;
  /** In general words; a trace has the values. For the rung `statement` the route's own `because` says more. */
  readonly because: Reason;
  /** The read node that would have served but for this rung; null where none was looked at. */
  readonly insteadOf: number | null;
}
