import {
  copyDetail,
  databaseChange,
  declareDetail,
  discardDetail,
  explainAnalyze,
  setDetail,
  transactionDetail,
} from './details.ts';
import type { StatementClass, StatementDetail } from './statement-class.ts';
import { isTempSchema, type Survey, survey } from './survey.ts';
import { constantText, type Fields, listAt, textAt, unwrap } from './tree.ts';

/** Beside everything that begins with Create, Alter or Drop. */
const DDL: ReadonlySet<string> = new Set([
  ...['ClusterStmt', 'CommentStmt', 'CompositeTypeStmt', 'DefineStmt', 'GrantRoleStmt', 'GrantStmt', 'IndexStmt'],
  ...['ImportForeignSchemaStmt', 'ReassignOwnedStmt', 'RefreshMatViewStmt', 'ReindexStmt', 'RenameStmt', 'RuleStmt'],
  ...['SecLabelStmt', 'TruncateStmt', 'ViewStmt'],
]);

/** Functions whose effect hangs on an argument's value. */
const LITERAL_MATTERS: ReadonlySet<string> = new Set([
  ...['set_config', 'pg_terminate_backend', 'pg_cancel_backend', 'dblink', 'dblink_exec', 'query_to_xml'],
]);

/** The class of one statement. `tree` is a raw parse tree of PostgreSQL 18, as `ParsedStatement` has it. */
export function classify(tree: unknown): StatementClass {
  const [type, fields] = unwrap(tree);
  switch (type) {
    // These two are as their inner statement in all but their kind. The grammar does not nest them deeper.
    case 'PrepareStmt': {
      const of = classify(fields['query']);
      return { ...of, kind: 'prepare', detail: { kind: 'prepare', name: textAt(fields, 'name'), of }, isRead: false };
    }
    case 'ExplainStmt': {
      const of = classify(fields['query']);
      const { analyze, byValue } = explainAnalyze(fields);
      return {
        ...of,
        kind: 'explain',
        detail: { kind: 'explain', analyze, of },
        isRead: of.isRead || !analyze,
        createsTemp: of.createsTemp && analyze,
        literalMatters: of.literalMatters || byValue,
      };
    }
    default: {
      const found = survey(tree);
      const detail = detailOf(type, fields);
      return {
        kind: detail.kind,
        detail,
        isRead: isRead(detail, fields, found),
        createsTemp: createsTemp(type, fields, detail, found),
        locks: found.locks || detail.kind === 'lock',
        dataChangingWith: found.dataChangingWith,
        literalMatters: literalMatters(detail, found),
        relations: found.relations,
        functions: found.functions,
      };
    }
  }
}

function detailOf(type: string, fields: Fields): StatementDetail {
  switch (type) {
    case 'SelectStmt':
      return { kind: 'select' };
    case 'InsertStmt':
      return { kind: 'insert' };
    case 'UpdateStmt':
      return { kind: 'update' };
    case 'DeleteStmt':
      return { kind: 'delete' };
    case 'MergeStmt':
      return { kind: 'merge' };
    case 'CallStmt':
      return { kind: 'call' };
    case 'DoStmt':
      return { kind: 'do' };
    case 'VacuumStmt':
      return { kind: 'vacuum' };
    case 'LockStmt':
      return { kind: 'lock' };
    case 'TransactionStmt':
      return transactionDetail(fields);
    case 'VariableSetStmt':
      return setDetail(fields);
    case 'VariableShowStmt':
      return { kind: 'show', name: textAt(fields, 'name') };
    case 'ExecuteStmt':
      return { kind: 'execute', name: textAt(fields, 'name') };
    case 'DeallocateStmt':
      return { kind: 'deallocate', name: fields['isall'] === true ? null : textAt(fields, 'name') };
    case 'DiscardStmt':
      return discardDetail(fields);
    case 'CopyStmt':
      return copyDetail(fields);
    case 'DeclareCursorStmt':
      return declareDetail(fields);
    case 'FetchStmt': {
      const verb = fields['ismove'] === true ? 'move' : 'fetch';
      return { kind: 'cursor', verb, name: textAt(fields, 'portalname'), hold: false };
    }
    case 'ClosePortalStmt':
      return { kind: 'cursor', verb: 'close', name: textAt(fields, 'portalname') || null, hold: false };
    case 'ListenStmt':
      return { kind: 'listen', verb: 'listen', channel: textAt(fields, 'conditionname') };
    case 'UnlistenStmt':
      return { kind: 'listen', verb: 'unlisten', channel: textAt(fields, 'conditionname') || null };
    case 'NotifyStmt':
      return { kind: 'notify', channel: textAt(fields, 'conditionname') };
    default:
      if (DDL.has(type) || /^(Create|Alter|Drop)/.test(type)) {
        return { kind: 'ddl', database: databaseChange(type, fields) };
      }
      return { kind: 'other' };
  }
}

function isRead(detail: StatementDetail, fields: Fields, found: Survey): boolean {
  if (found.locks || found.into || found.dataChangingWith) return false;
  switch (detail.kind) {
    case 'select':
    case 'show':
      return true;
    case 'copy': {
      if (detail.direction !== 'to' || detail.end !== 'client') return false;
      // COPY (INSERT ... RETURNING) TO STDOUT writes.
      return !('query' in fields) || unwrap(fields['query'])[0] === 'SelectStmt';
    }
    default:
      return false;
  }
}

/** A table, view or sequence says so; for the rest the name's schema does. */
function createsTemp(type: string, fields: Fields, detail: StatementDetail, found: Survey): boolean {
  if (detail.kind === 'select') return found.into && found.temp;
  if (detail.kind !== 'ddl') return false;
  if (found.temp && !/^(Alter|Drop|Truncate|Comment|Grant)/.test(type)) return true;
  for (const key of ['funcname', 'defnames', 'typeName', 'domainname']) {
    const names = listAt(fields, key);
    if (names.length > 1 && isTempSchema(constantText(names[0]) ?? '')) return true;
  }
  return false;
}

function literalMatters(detail: StatementDetail, found: Survey): boolean {
  if (found.functions.some(({ name }) => LITERAL_MATTERS.has(name))) return true;
  switch (detail.kind) {
    case 'set':
      return detail.verb === 'set' || detail.verb === 'transaction' || detail.verb === 'session-characteristics';
    case 'transaction':
      return detail.name !== null;
    default:
      return false;
  }
}
