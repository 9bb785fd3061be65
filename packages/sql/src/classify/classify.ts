import { ddlDetail, isDdl, namedObjects } from './ddl.ts';
import {
  copyDetail,
  declareDetail,
  discardDetail,
  explainAnalyze,
  lockDetail,
  setDetail,
  settingCalls,
  transactionDetail,
} from './details.ts';
import type { SettingCall, StatementClass, StatementDetail } from './statement-class.ts';
import { isTempSchema, merged, type Survey, survey } from './survey.ts';
import { type Fields, textAt, unwrap } from './tree.ts';

/** Functions whose effect hangs on an argument's value. */
const LITERAL_MATTERS: ReadonlySet<string> = new Set([
  ...[
    'set_config',
    'current_setting',
    'pg_terminate_backend',
    'pg_cancel_backend',
    'dblink',
    'dblink_exec',
    'query_to_xml',
  ],
]);

/** The class of one statement. `tree` is a raw parse tree of PostgreSQL 18, as `ParsedStatement` has it. */
export function classify(tree: unknown): StatementClass {
  const [type, fields] = unwrap(tree);
  switch (type) {
    // These two are as their inner statement in all but their kind. The grammar does not nest them deeper.
    case 'PrepareStmt': {
      const of = classify(fields['query']);
      const detail: StatementDetail = { kind: 'prepare', name: textAt(fields, 'name'), of };
      const parameters = survey(fields['argtypes']);
      return {
        ...of,
        kind: 'prepare',
        detail,
        isRead: false,
        namesTemp: of.namesTemp || parameters.tempNamed,
        types: merged(of.types, parameters.types),
        settingsSet: [],
      };
    }
    case 'ExplainStmt': {
      const of = classify(fields['query']);
      const { analyze, byValue } = explainAnalyze(fields);
      return {
        ...of,
        kind: 'explain',
        detail: { kind: 'explain', analyze, of },
        // A prepared statement is there or not, on each server.
        isRead: of.isRead || (!analyze && of.kind !== 'execute' && of.kind !== 'other'),
        createsTemp: of.createsTemp && analyze,
        literalMatters: of.literalMatters || byValue,
        settingsSet: !analyze || of.settingsSet?.length === 0 ? [] : null,
      };
    }
    default: {
      const found = survey(tree);
      const detail = detailOf(type, fields, found);
      return {
        kind: detail.kind,
        detail,
        isRead: isRead(detail, found),
        createsTemp: createsTemp(detail, found),
        namesTemp: found.tempNamed || setsTempPath(detail),
        locks: found.lockingClause || detail.kind === 'lock',
        lockingClause: found.lockingClause,
        dataChangingWith: found.dataChangingWith,
        literalMatters: literalMatters(detail, found),
        relations: merged(found.relations, namedObjects(type, fields)),
        functions: found.functions,
        operators: found.operators,
        types: found.types,
        attributes: found.attributes,
        settingsRead: detail.kind === 'show' ? [detail.name.toLowerCase()] : found.settingsRead,
        settingsSet: settingsSet(type, fields, found),
      };
    }
  }
}

function detailOf(type: string, fields: Fields, found: Survey): StatementDetail {
  switch (type) {
    case 'SelectStmt':
      return { kind: 'select', into: found.into };
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
      return lockDetail(fields);
    case 'LoadStmt':
      return { kind: 'load', library: textAt(fields, 'filename') };
    case 'CheckPointStmt':
      return { kind: 'checkpoint' };
    case 'ConstraintsSetStmt':
      return { kind: 'set-constraints' };
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
      return isDdl(type) ? ddlDetail(type, fields) : { kind: 'other' };
  }
}

function isRead(detail: StatementDetail, found: Survey): boolean {
  if (found.foreign || found.lockingClause || found.into !== null || found.dataChangingWith) return false;
  switch (detail.kind) {
    case 'select':
    case 'show':
      return true;
    case 'copy':
      // COPY (INSERT ... RETURNING) TO STDOUT writes.
      return detail.direction === 'to' && detail.end === 'client' && (detail.query ?? 'select') === 'select';
    default:
      return false;
  }
}

/** A table, view or sequence says so; for the rest a schema does. Rather once too often: what depends on a temporary object, or is
 *  made from one, may be temporary too. */
function createsTemp(detail: StatementDetail, found: Survey): boolean {
  if (detail.kind === 'select') return found.into !== null && found.temp;
  return detail.kind === 'ddl' && detail.verb === 'create' && found.tempNamed;
}

/** With a temporary schema in front, CREATE TABLE makes temporary tables without a word of it. */
function setsTempPath(detail: StatementDetail): boolean {
  if (detail.kind !== 'set' || detail.name !== 'search_path' || detail.values === null) return false;
  return detail.values.some((value) => value.split(',').some((part) => isTempSchema(part.trim().replaceAll('"', ''))));
}

function settingsSet(type: string, fields: Fields, found: Survey): readonly SettingCall[] | null {
  if (type === 'UpdateStmt' && found.relations.some(({ name }) => name === 'pg_settings')) return null;
  return found.setsConfig ? settingCalls(type, fields) : [];
}

function literalMatters(detail: StatementDetail, found: Survey): boolean {
  if (found.functions.some(({ name }) => LITERAL_MATTERS.has(name))) return true;
  switch (detail.kind) {
    case 'set':
      return detail.verb === 'set' || detail.verb === 'transaction-snapshot';
    case 'transaction':
      // Names of savepoints are no literals, global identifiers are.
      return /prepare/.test(detail.verb);
    case 'load':
      return true;
    default:
      return false;
  }
}
