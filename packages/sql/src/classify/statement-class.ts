/** A name as written: schema '' when there is none. */
export interface QualifiedName {
  readonly schema: string;
  readonly name: string;
}

export type TransactionVerb =
  | 'begin'
  | 'commit'
  | 'rollback'
  | 'savepoint'
  | 'release'
  | 'rollback-to'
  | 'prepare-transaction'
  | 'commit-prepared'
  | 'rollback-prepared';

/** What one kind of statement says beyond its kind. */
export type StatementDetail =
  | { readonly kind: 'select' | 'insert' | 'update' | 'delete' | 'merge' | 'call' | 'do' | 'vacuum' | 'other' }
  /** `database` is set by CREATE, DROP and ALTER DATABASE; `newName` by its RENAME TO. */
  | { readonly kind: 'ddl'; readonly database: DatabaseChange | null }
  | {
      readonly kind: 'transaction';
      readonly verb: TransactionVerb;
      /** Savepoint or global transaction identifier. */
      readonly name: string | null;
      readonly chain: boolean;
      readonly modes: TransactionModes;
    }
  | {
      readonly kind: 'set';
      readonly verb:
        | 'set'
        | 'set-default'
        | 'set-from-current'
        | 'reset'
        | 'reset-all'
        | 'transaction'
        | 'session-characteristics';
      /** As PostgreSQL names the setting: role, session_authorization, timezone; '' where there is none. */
      readonly name: string;
      readonly isLocal: boolean;
      /** The words of the value; null where one of them is no plain constant. */
      readonly values: readonly string[] | null;
      readonly modes: TransactionModes;
    }
  | { readonly kind: 'show'; readonly name: string }
  | { readonly kind: 'prepare'; readonly name: string; readonly of: StatementClass }
  | { readonly kind: 'execute'; readonly name: string }
  /** `name` is null for ALL. */
  | { readonly kind: 'deallocate'; readonly name: string | null }
  | { readonly kind: 'discard'; readonly target: 'all' | 'plans' | 'sequences' | 'temp' }
  | { readonly kind: 'copy'; readonly direction: 'from' | 'to'; readonly end: 'client' | 'file' | 'program' }
  /** `name` is null for CLOSE ALL. */
  | {
      readonly kind: 'cursor';
      readonly verb: 'declare' | 'fetch' | 'move' | 'close';
      readonly name: string | null;
      readonly hold: boolean;
    }
  /** `channel` is null for UNLISTEN *. */
  | { readonly kind: 'listen'; readonly verb: 'listen' | 'unlisten'; readonly channel: string | null }
  | { readonly kind: 'notify'; readonly channel: string }
  | { readonly kind: 'explain'; readonly analyze: boolean; readonly of: StatementClass }
  | { readonly kind: 'lock' };

export type StatementKind = StatementDetail['kind'];

export interface DatabaseChange {
  readonly verb: 'create' | 'drop' | 'alter';
  readonly name: string;
  readonly newName: string | null;
}

/** null where the statement does not say. */
export interface TransactionModes {
  readonly readOnly: boolean | null;
  readonly isolation: string | null;
}

/** What the tree of one statement shows. Names are as written: what they mean is the relation cache's business. */
export interface StatementClass {
  readonly kind: StatementKind;
  readonly detail: StatementDetail;
  /** Writes nothing and locks no rows, *if* none of `functions` does. Never true for what is not understood. */
  readonly isRead: boolean;
  readonly createsTemp: boolean;
  /** FOR UPDATE and the like, or LOCK TABLE. */
  readonly locks: boolean;
  /** INSERT, UPDATE, DELETE or MERGE inside WITH. */
  readonly dataChangingWith: boolean;
  /** A literal decides what the statement does: the class holds for this text, not for all that share its fingerprint. */
  readonly literalMatters: boolean;
  /** Tables, views and names of WITH queries, each once. */
  readonly relations: readonly QualifiedName[];
  /** Functions called by name, each once. Operators and casts may call others. */
  readonly functions: readonly QualifiedName[];
}
