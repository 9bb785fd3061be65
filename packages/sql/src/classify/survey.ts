import { BUILTIN_OPERATORS, BUILTIN_TYPES } from './builtin-names.ts';
import type { FunctionName, QualifiedName } from './statement-class.ts';
import { constantText, type Fields, isFields, listAt, plainConstant, textAt, unwrap } from './tree.ts';

/** What was found anywhere in a tree. */
export interface Survey {
  readonly relations: readonly QualifiedName[];
  readonly functions: readonly FunctionName[];
  readonly operators: readonly QualifiedName[];
  readonly types: readonly QualifiedName[];
  readonly attributes: readonly string[];
  /** What current_setting() is asked for; null when one name is computed. */
  readonly settingsRead: readonly string[] | null;
  readonly setsConfig: boolean;
  readonly lockingClause: boolean;
  /** Target of SELECT INTO. */
  readonly into: QualifiedName | null;
  /** TEMP is said, or a relation of a temporary schema is named. */
  readonly temp: boolean;
  /** As `temp`, or anything else of a temporary schema is named. */
  readonly tempNamed: boolean;
  readonly dataChangingWith: boolean;
  /** Something stands in it that a read does not have, or that this program does not know. */
  readonly foreign: boolean;
}

/** What the tree of a read may consist of. A node of another type, or of a newer PostgreSQL, makes it none. */
const READ_NODES: ReadonlySet<string> = new Set([
  ...[
    'SelectStmt',
    'ResTarget',
    'ColumnRef',
    'A_Star',
    'A_Const',
    'A_Expr',
    'A_ArrayExpr',
    'A_Indices',
    'A_Indirection',
  ],
  ...['String', 'Integer', 'Float', 'Boolean', 'BitString', 'List', 'ParamRef', 'BoolExpr', 'BooleanTest', 'NullTest'],
  ...[
    'CaseExpr',
    'CaseWhen',
    'CoalesceExpr',
    'CollateClause',
    'MinMaxExpr',
    'RowExpr',
    'SubLink',
    'TypeCast',
    'TypeName',
  ],
  ...[
    'FuncCall',
    'NamedArgExpr',
    'SQLValueFunction',
    'SortBy',
    'WindowDef',
    'GroupingFunc',
    'GroupingSet',
    'SetToDefault',
  ],
  ...[
    'RangeVar',
    'RangeFunction',
    'RangeSubselect',
    'RangeTableFunc',
    'RangeTableFuncCol',
    'RangeTableSample',
    'JoinExpr',
  ],
  ...[
    'Alias',
    'ColumnDef',
    'CommonTableExpr',
    'XmlExpr',
    'XmlSerialize',
    'JsonTable',
    'JsonTableColumn',
    'JsonArgument',
  ],
  ...[
    'JsonTablePathSpec',
    'JsonFuncExpr',
    'JsonValueExpr',
    'JsonFormat',
    'JsonReturning',
    'JsonOutput',
    'JsonBehavior',
  ],
  ...[
    'JsonIsPredicate',
    'JsonKeyValue',
    'JsonParseExpr',
    'JsonScalarExpr',
    'JsonSerializeExpr',
    'JsonObjectConstructor',
  ],
  ...['JsonArrayConstructor', 'JsonArrayQueryConstructor', 'JsonAggConstructor', 'JsonObjectAgg', 'JsonArrayAgg'],
  // What may hold a read.
  ...['CopyStmt', 'VariableShowStmt', 'DefElem'],
]);

const DATA_CHANGES: ReadonlySet<string> = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);

/** Functions behind words that stand without parentheses. */
const VALUE_FUNCTIONS: Readonly<Record<string, string>> = {
  SVFOP_CURRENT_DATE: 'now',
  SVFOP_CURRENT_TIME: 'now',
  SVFOP_CURRENT_TIME_N: 'now',
  SVFOP_CURRENT_TIMESTAMP: 'now',
  SVFOP_CURRENT_TIMESTAMP_N: 'now',
  SVFOP_LOCALTIME: 'now',
  SVFOP_LOCALTIME_N: 'now',
  SVFOP_LOCALTIMESTAMP: 'now',
  SVFOP_LOCALTIMESTAMP_N: 'now',
  SVFOP_CURRENT_ROLE: 'current_user',
  SVFOP_CURRENT_USER: 'current_user',
  SVFOP_USER: 'current_user',
  SVFOP_SESSION_USER: 'session_user',
  SVFOP_CURRENT_CATALOG: 'current_database',
  SVFOP_CURRENT_SCHEMA: 'current_schema',
};

/** Their handlers count as volatile, but rows they pick are as good from a standby. */
const BUILTIN_SAMPLING: ReadonlySet<string> = new Set(['system', 'bernoulli']);

/** Names of WITH queries that a place in the tree can see, the nearest first. */
interface Scope {
  readonly name: string;
  readonly outer: Scope | null;
}

/** Walks a tree without recursion: a statement may be thousands of levels deep. */
export function survey(tree: unknown): Survey {
  return new Surveyor().walk(tree);
}

/** Nodes that stand in a field of fixed type come without their type's name, so that they are known by their fields. A RangeVar with
 *  its type's name is an item of FROM or the like, and may be a WITH query; one without is the target of a statement, and is none. */
class Surveyor {
  readonly #relations = new Map<string, QualifiedName>();
  readonly #functions = new Map<string, FunctionName>();
  readonly #operators = new Map<string, QualifiedName>();
  readonly #types = new Map<string, QualifiedName>();
  readonly #attributes = new Set<string>();
  readonly #settingsRead = new Set<string>();
  #settingComputed = false;
  #setsConfig = false;
  #lockingClause = false;
  #into: QualifiedName | null = null;
  #temp = false;
  #tempNamed = false;
  #dataChangingWith = false;
  #foreign = false;

  readonly #open: unknown[] = [];
  readonly #scopes: (Scope | null)[] = [];

  walk(tree: unknown): Survey {
    this.#push(tree, null);
    while (this.#open.length > 0) {
      const node = this.#open.pop();
      const scope = this.#scopes.pop() ?? null;
      if (Array.isArray(node)) {
        if (node.length > 1 && isTempSchema(stringNode(node[0]))) this.#tempNamed = true;
        for (let i = node.length - 1; i >= 0; i--) this.#push(node[i], scope);
      } else if (isFields(node)) this.#node(node, scope);
    }
    return {
      relations: [...this.#relations.values()],
      functions: [...this.#functions.values()],
      operators: [...this.#operators.values()],
      types: [...this.#types.values()],
      attributes: [...this.#attributes],
      settingsRead: this.#settingComputed ? null : [...this.#settingsRead],
      setsConfig: this.#setsConfig,
      lockingClause: this.#lockingClause,
      into: this.#into,
      temp: this.#temp,
      tempNamed: this.#temp || this.#tempNamed,
      dataChangingWith: this.#dataChangingWith,
      foreign: this.#foreign,
    };
  }

  #push(node: unknown, scope: Scope | null): void {
    if (typeof node !== 'object' || node === null) return;
    this.#open.push(node);
    this.#scopes.push(scope);
  }

  #node(node: Fields, outer: Scope | null): void {
    const item = node['RangeVar'];
    if (isFields(item)) {
      this.#relation(item, outer);
      return;
    }
    // Its RangeVars are names of constraints.
    if ('ConstraintsSetStmt' in node) return;
    this.#read(node);
    const withClause = node['withClause'];
    const scope = isFields(withClause) ? scopeOf(withClause, outer) : outer;
    for (const key of Object.keys(node).reverse()) {
      if (isTypeName(key) && !READ_NODES.has(key)) this.#foreign = true;
      // In a locking clause stand aliases, not tables.
      if (key !== 'withClause' && key !== 'lockingClause') this.#push(node[key], scope);
    }
    if (isFields(withClause)) this.#withQueries(withClause, outer, scope);
  }

  /** A WITH query sees the ones before it; where RECURSIVE is said it sees all of them and itself. */
  #withQueries(withClause: Fields, outer: Scope | null, all: Scope | null): void {
    const recursive = withClause['recursive'] === true;
    let scope = all;
    for (const query of listAt(withClause, 'ctes').toReversed()) {
      if (!recursive) scope = scope?.outer ?? outer;
      const [, fields] = unwrap(query);
      if (DATA_CHANGES.has(unwrap(fields['ctequery'])[0])) this.#dataChangingWith = true;
      this.#push(query, scope);
    }
  }

  #read(node: Fields): void {
    if (typeof node['relname'] === 'string') this.#relation(node, null);
    if (Array.isArray(node['funcname'])) this.#function(node, node['funcname']);
    if (Array.isArray(node['names'])) this.#type(node['names']);
    if (Array.isArray(node['fields'])) this.#attribute(node['fields'].length > 1 ? [node['fields'].at(-1)] : []);
    if (Array.isArray(node['indirection'])) this.#attribute(node['indirection']);
    if (Array.isArray(node['method'])) this.#sampling(node['method']);
    if (Array.isArray(node['name']) && !/BETWEEN/.test(textAt(node, 'kind'))) this.#operator(node['name']);
    if (Array.isArray(node['useOp'])) this.#operator(node['useOp']);
    if (Array.isArray(node['operName'])) this.#operator(node['operName']);
    const valueFunction = VALUE_FUNCTIONS[textAt(node, 'op')];
    if (valueFunction !== undefined) this.#named({ schema: 'pg_catalog', name: valueFunction, bySyntax: true });
    if ('lockingClause' in node) this.#lockingClause = true;
    if (isFields(node['intoClause'])) this.#into ??= relationName(node['intoClause']['rel']);
  }

  #relation(node: Fields, scope: Scope | null): void {
    const name = relationName(node);
    if (name.schema === '' && seenFrom(scope, name.name)) return;
    remember(this.#relations, name);
    if (node['relpersistence'] === 't' || isTempSchema(name.schema)) this.#temp = true;
  }

  #function(node: Fields, parts: readonly unknown[]): void {
    const { schema, name } = qualified(parts);
    this.#named({ schema, name, bySyntax: node['funcformat'] === 'COERCE_SQL_SYNTAX' });
    if (schema !== '' && schema !== 'pg_catalog') return;
    if (name === 'set_config') this.#setsConfig = true;
    else if (name === 'current_setting') {
      const setting = plainConstant(listAt(node, 'args')[0]);
      if (typeof setting === 'string') this.#settingsRead.add(setting.toLowerCase());
      else this.#settingComputed = true;
    }
  }

  #named(found: FunctionName): void {
    const key = keyOf(found);
    const known = this.#functions.get(key);
    if (known === undefined || (known.bySyntax && !found.bySyntax)) this.#functions.set(key, found);
  }

  #sampling(parts: readonly unknown[]): void {
    const name = qualified(parts);
    const builtin = (name.schema === '' || name.schema === 'pg_catalog') && BUILTIN_SAMPLING.has(name.name);
    if (!builtin) this.#named({ ...name, bySyntax: true });
  }

  #type(parts: readonly unknown[]): void {
    const name = qualified(parts);
    if (name.schema === 'pg_catalog' || (name.schema === '' && BUILTIN_TYPES.has(name.name))) return;
    remember(this.#types, name);
  }

  #operator(parts: readonly unknown[]): void {
    const name = qualified(parts);
    if ((name.schema === '' || name.schema === 'pg_catalog') && BUILTIN_OPERATORS.has(name.name)) return;
    remember(this.#operators, name);
  }

  #attribute(parts: readonly unknown[]): void {
    for (const part of parts) {
      const name = stringNode(part);
      if (name !== '') this.#attributes.add(name);
    }
  }
}

function scopeOf(withClause: Fields, outer: Scope | null): Scope | null {
  let scope = outer;
  for (const query of listAt(withClause, 'ctes')) scope = { name: textAt(unwrap(query)[1], 'ctename'), outer: scope };
  return scope;
}

function seenFrom(scope: Scope | null, name: string): boolean {
  for (let at = scope; at !== null; at = at.outer) if (at.name === name) return true;
  return false;
}

/** Types of nodes begin with a capital letter, fields do not. */
function isTypeName(key: string): boolean {
  const first = key.charCodeAt(0);
  return first >= 0x41 && first <= 0x5a;
}

/** pg_temp, or the schema behind it. */
export function isTempSchema(schema: string): boolean {
  return schema.startsWith('pg_temp') && /^pg_temp(_\d+)?$/.test(schema);
}

/** The name that a RangeVar holds. */
export function relationName(node: unknown): QualifiedName {
  if (!isFields(node)) return { schema: '', name: '' };
  return { schema: textAt(node, 'schemaname'), name: textAt(node, 'relname') };
}

/** A name from a list of its parts; a database in front of the schema is left out. */
export function qualified(parts: readonly unknown[]): QualifiedName {
  return { schema: constantText(parts.at(-2)) ?? '', name: constantText(parts.at(-1)) ?? '' };
}

/** Each name once. */
export function merged(names: readonly QualifiedName[], more: readonly QualifiedName[]): readonly QualifiedName[] {
  if (more.length === 0) return names;
  const all = new Map<string, QualifiedName>();
  for (const name of names) remember(all, name);
  for (const name of more) remember(all, name);
  return [...all.values()];
}

function stringNode(node: unknown): string {
  const [type, fields] = unwrap(node);
  return type === 'String' ? textAt(fields, 'sval') : '';
}

function remember(names: Map<string, QualifiedName>, name: QualifiedName): void {
  const key = keyOf(name);
  if (!names.has(key)) names.set(key, name);
}

function keyOf(name: QualifiedName): string {
  return `${name.schema}\0${name.name}`;
}
