/** A name as written: schema '' when there is none. */
export interface QualifiedName {
  readonly schema: string;
  readonly name: string;
}

/** A function as it is called, or as the syntax calls it: `bySyntax` is set for EXTRACT(...), AT TIME ZONE, CURRENT_USER and others
 *  whose name in pg_catalog does not stand in the text. CURRENT_TIMESTAMP and the like are `now`. */
export interface FunctionName extends QualifiedName {
  readonly bySyntax: boolean;
}

/** set_config(name, value, is_local); a value of null resets. */
export interface SettingCall {
  readonly name: string;
  readonly value: string | null;
  readonly isLocal: boolean;
}

export type DdlVerb = 'create' | 'alter' | 'drop' | 'truncate' | 'other';

export type LockMode =
  | 'ACCESS SHARE'
  | 'ROW SHARE'
  | 'ROW EXCLUSIVE'
  | 'SHARE UPDATE EXCLUSIVE'
  | 'SHARE'
  | 'SHARE ROW EXCLUSIVE'
  | 'EXCLUSIVE'
  | 'ACCESS EXCLUSIVE';

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
  | { readonly kind: 'insert' | 'update' | 'delete' | 'merge' | 'call' | 'do' | 'vacuum' }
  | { readonly kind: 'checkpoint' | 'set-constraints' | 'other' }
  /** `into` is the target of SELECT INTO. */
  | { readonly kind: 'select'; readonly into: QualifiedName | null }
  | {
      readonly kind: 'ddl';
      readonly verb: DdlVerb;
      /** Relations that the statement makes, alters, drops or empties; what else it names is in `relations` alone. */
      readonly targets: readonly QualifiedName[];
      /** The relation's new name, without its schema. */
      readonly renamedTo: string | null;
      /** The prepared statement of CREATE TABLE ... AS EXECUTE. */
      readonly executes: string | null;
      /** Set by CREATE, DROP and ALTER DATABASE; its `newName` by RENAME TO. */
      readonly database: DatabaseChange | null;
    }
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
        | 'transaction-snapshot'
        | 'session-characteristics';
      /** As PostgreSQL names the setting: role, session_authorization, timezone; '' where there is none. */
      readonly name: string;
      readonly isLocal: boolean;
      /** The words of the value, or the snapshot; null where one of them is no plain constant. */
      readonly values: readonly string[] | null;
      readonly modes: TransactionModes;
    }
  | { readonly kind: 'show'; readonly name: string }
  | { readonly kind: 'prepare'; readonly name: string; readonly of: StatementClass }
  | { readonly kind: 'execute'; readonly name: string }
  /** `name` is null for ALL. */
  | { readonly kind: 'deallocate'; readonly name: string | null }
  | { readonly kind: 'discard'; readonly target: 'all' | 'plans' | 'sequences' | 'temp' }
  | {
      readonly kind: 'copy';
      readonly direction: 'from' | 'to';
      readonly end: 'client' | 'file' | 'program';
      /** Kind of the statement in COPY (...); null for a table. */
      readonly query: 'select' | 'insert' | 'update' | 'delete' | 'merge' | 'other' | null;
    }
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
  | { readonly kind: 'load'; readonly library: string }
  | { readonly kind: 'lock'; readonly mode: LockMode; readonly nowait: boolean };

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
  readonly deferrable: boolean | null;
}

/** What the tree of one statement shows. Names are as written: what they mean is the relation cache's business.
 *  PREPARE and EXPLAIN have the marks and names of the statement inside them, which is in `detail.of` with its own class. */
export interface StatementClass {
  readonly kind: StatementKind;
  readonly detail: StatementDetail;
  /** Writes nothing and locks no rows, *if* none of `functions`, `operators`, `types` and `attributes` does. Never true for what is
   *  not understood. */
  readonly isRead: boolean;
  readonly createsTemp: boolean;
  /** Says TEMP, or names something in a temporary schema: there is no such thing on another server. */
  readonly namesTemp: boolean;
  /** FOR UPDATE and the like, or LOCK TABLE. */
  readonly locks: boolean;
  /** FOR UPDATE, NO KEY UPDATE, SHARE or KEY SHARE, anywhere. */
  readonly lockingClause: boolean;
  /** INSERT, UPDATE, DELETE or MERGE inside WITH. */
  readonly dataChangingWith: boolean;
  /** A literal decides what the statement does: the class holds for this text, not for all that share its fingerprint. */
  readonly literalMatters: boolean;
  /** Tables, views and whatever else stands in pg_class, each once, without what is a WITH query of the text. */
  readonly relations: readonly QualifiedName[];
  /** Functions called by name or by syntax, each once. */
  readonly functions: readonly FunctionName[];
  /** Operators that are written with a schema of their own, or with a symbol that pg_catalog has not. */
  readonly operators: readonly QualifiedName[];
  /** Types that are not pg_catalog's base types: casts to and from them may call functions of their owner. */
  readonly types: readonly QualifiedName[];
  /** Names behind a point, `t.a` and `(x).a`: where there is no such column PostgreSQL calls the function of that name. */
  readonly attributes: readonly string[];
  /** Settings that SHOW or current_setting() asks for, in lower case; null when one of the names is computed. */
  readonly settingsRead: readonly string[] | null;
  /** What it sets by set_config(): the calls, if it is a SELECT of nothing else and they have constants alone; null when it sets
   *  something that cannot be told (UPDATE pg_settings does so too); empty when it calls no set_config() by name. */
  readonly settingsSet: readonly SettingCall[] | null;
}
