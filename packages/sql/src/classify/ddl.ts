import type { DatabaseChange, DdlVerb, QualifiedName, StatementDetail } from './statement-class.ts';
import { qualified, relationName } from './survey.ts';
import { constantText, type Fields, fieldsAt, isFields, listAt, textAt, unwrap } from './tree.ts';

/** Beside everything that begins with Create, Alter or Drop. */
const DDL: ReadonlySet<string> = new Set([
  ...['ClusterStmt', 'CommentStmt', 'CompositeTypeStmt', 'DefineStmt', 'GrantRoleStmt', 'GrantStmt', 'IndexStmt'],
  ...['ImportForeignSchemaStmt', 'ReassignOwnedStmt', 'RefreshMatViewStmt', 'ReindexStmt', 'RenameStmt', 'RuleStmt'],
  ...['SecLabelStmt', 'TruncateStmt', 'ViewStmt'],
]);

/** Kinds of objects that stand in pg_class. */
const RELATION_OBJECTS: ReadonlySet<string> = new Set([
  ...['OBJECT_TABLE', 'OBJECT_VIEW', 'OBJECT_MATVIEW', 'OBJECT_SEQUENCE', 'OBJECT_INDEX', 'OBJECT_FOREIGN_TABLE'],
]);

/** Named by a relation and a name of their own behind it. */
const PARTS_OF_RELATIONS: ReadonlySet<string> = new Set([
  ...['OBJECT_COLUMN', 'OBJECT_TRIGGER', 'OBJECT_RULE', 'OBJECT_POLICY', 'OBJECT_TABCONSTRAINT'],
]);

export function isDdl(type: string): boolean {
  return DDL.has(type) || /^(Create|Alter|Drop)/.test(type);
}

export function ddlDetail(type: string, fields: Fields): StatementDetail {
  const [inner, query] = unwrap(fields['query']);
  const renames = type === 'RenameStmt' && RELATION_OBJECTS.has(textAt(fields, 'renameType'));
  return {
    kind: 'ddl',
    verb: verbOf(type),
    targets: targetsOf(type, fields),
    renamedTo: renames ? textAt(fields, 'newname') : null,
    executes: type === 'CreateTableAsStmt' && inner === 'ExecuteStmt' ? textAt(query, 'name') : null,
    database: databaseChange(type, fields),
  };
}

function verbOf(type: string): DdlVerb {
  if (/^(Create|Define|View|Index|CompositeType|Rule)/.test(type)) return 'create';
  if (/^(Alter|Rename)/.test(type)) return 'alter';
  if (type.startsWith('Drop')) return 'drop';
  return type === 'TruncateStmt' ? 'truncate' : 'other';
}

function targetsOf(type: string, fields: Fields): readonly QualifiedName[] {
  switch (type) {
    case 'CreateStmt':
    case 'AlterTableStmt':
    case 'AlterObjectSchemaStmt':
    case 'RenameStmt':
    case 'RefreshMatViewStmt':
    case 'IndexStmt':
      return named(fields['relation']);
    case 'CreateForeignTableStmt':
      return named(fieldsAt(fields, 'base')['relation']);
    case 'CreateTableAsStmt':
      return named(fieldsAt(fields, 'into')['rel']);
    case 'ViewStmt':
      return named(fields['view']);
    case 'CreateSeqStmt':
    case 'AlterSeqStmt':
      return named(fields['sequence']);
    case 'TruncateStmt':
      return listAt(fields, 'relations').map((relation) => relationName(unwrap(relation)[1]));
    case 'DropStmt':
      return RELATION_OBJECTS.has(textAt(fields, 'removeType')) ? namedObjects(type, fields) : [];
    default:
      return [];
  }
}

function named(relation: unknown): readonly QualifiedName[] {
  return isFields(relation) ? [relationName(relation)] : [];
}

/** Relations that a statement names as objects: DROP, COMMENT ON, SECURITY LABEL ON. */
export function namedObjects(type: string, fields: Fields): readonly QualifiedName[] {
  switch (type) {
    case 'DropStmt':
      return listAt(fields, 'objects').flatMap((object) => objectRelation(textAt(fields, 'removeType'), object));
    case 'CommentStmt':
    case 'SecLabelStmt':
      return objectRelation(textAt(fields, 'objtype'), fields['object']);
    default:
      return [];
  }
}

function objectRelation(objectType: string, object: unknown): readonly QualifiedName[] {
  const [type, fields] = unwrap(object);
  if (type !== 'List') return [];
  const parts = listAt(fields, 'items');
  if (RELATION_OBJECTS.has(objectType)) return [qualified(parts)];
  return PARTS_OF_RELATIONS.has(objectType) && parts.length > 1 ? [qualified(parts.slice(0, -1))] : [];
}

/** The database that a statement makes, drops or alters; null for every other statement. */
function databaseChange(type: string, fields: Fields): DatabaseChange | null {
  const name = textAt(fields, 'dbname');
  switch (type) {
    case 'CreatedbStmt':
      return { verb: 'create', name, newName: null };
    case 'DropdbStmt':
      return { verb: 'drop', name, newName: null };
    case 'AlterDatabaseStmt':
    case 'AlterDatabaseSetStmt':
    case 'AlterDatabaseRefreshCollStmt':
      return { verb: 'alter', name, newName: null };
    case 'RenameStmt':
      if (fields['renameType'] !== 'OBJECT_DATABASE') return null;
      return { verb: 'alter', name: textAt(fields, 'subname'), newName: textAt(fields, 'newname') };
    case 'AlterOwnerStmt':
      if (fields['objectType'] !== 'OBJECT_DATABASE') return null;
      return { verb: 'alter', name: constantText(fields['object']) ?? '', newName: null };
    default:
      return null;
  }
}
