import type { DatabaseChange, StatementDetail, TransactionModes, TransactionVerb } from './statement-class.ts';
import { constantText, type Fields, isFields, listAt, textAt, unwrap } from './tree.ts';

/** The kinds that say more than their name and hold no other statement. */

const TRANSACTION_VERBS: Readonly<Record<string, TransactionVerb>> = {
  TRANS_STMT_BEGIN: 'begin',
  TRANS_STMT_START: 'begin',
  TRANS_STMT_COMMIT: 'commit',
  TRANS_STMT_ROLLBACK: 'rollback',
  TRANS_STMT_SAVEPOINT: 'savepoint',
  TRANS_STMT_RELEASE: 'release',
  TRANS_STMT_ROLLBACK_TO: 'rollback-to',
  TRANS_STMT_PREPARE: 'prepare-transaction',
  TRANS_STMT_COMMIT_PREPARED: 'commit-prepared',
  TRANS_STMT_ROLLBACK_PREPARED: 'rollback-prepared',
};

export function transactionDetail(fields: Fields): StatementDetail {
  const verb = TRANSACTION_VERBS[textAt(fields, 'kind')];
  if (verb === undefined) return { kind: 'other' };
  const name = textAt(fields, 'savepoint_name') || textAt(fields, 'gid') || null;
  return {
    kind: 'transaction',
    verb,
    name,
    chain: fields['chain'] === true,
    modes: modesOf(listAt(fields, 'options')),
  };
}

export function setDetail(fields: Fields): StatementDetail {
  const args = listAt(fields, 'args');
  const values = args.map(constantText);
  const common = {
    kind: 'set',
    name: textAt(fields, 'name'),
    isLocal: fields['is_local'] === true,
    values: values.every((value) => value !== null) ? values : null,
    modes: { readOnly: null, isolation: null },
  } as const;
  switch (fields['kind']) {
    case 'VAR_SET_DEFAULT':
      return { ...common, verb: 'set-default' };
    case 'VAR_SET_CURRENT':
      return { ...common, verb: 'set-from-current' };
    case 'VAR_RESET':
      return { ...common, verb: 'reset' };
    case 'VAR_RESET_ALL':
      return { ...common, verb: 'reset-all' };
    case 'VAR_SET_MULTI': {
      // "TRANSACTION SNAPSHOT" too.
      const verb = common.name.startsWith('SESSION') ? 'session-characteristics' : 'transaction';
      return { ...common, verb, name: '', modes: modesOf(args) };
    }
    default:
      return { ...common, verb: 'set' };
  }
}

function modesOf(options: readonly unknown[]): TransactionModes {
  let readOnly: boolean | null = null;
  let isolation: string | null = null;
  for (const option of options) {
    const [, fields] = unwrap(option);
    const value = constantText(fields['arg']);
    if (fields['defname'] === 'transaction_read_only') readOnly = value !== '0';
    else if (fields['defname'] === 'transaction_isolation') isolation = value;
  }
  return { readOnly, isolation };
}

export function copyDetail(fields: Fields): StatementDetail {
  const direction = fields['is_from'] === true ? 'from' : 'to';
  const end = fields['is_program'] === true ? 'program' : 'filename' in fields ? 'file' : 'client';
  return { kind: 'copy', direction, end };
}

const CURSOR_OPT_HOLD = 0x20;

export function declareDetail(fields: Fields): StatementDetail {
  const options = fields['options'];
  const hold = typeof options === 'number' && (options & CURSOR_OPT_HOLD) !== 0;
  return { kind: 'cursor', verb: 'declare', name: textAt(fields, 'portalname'), hold };
}

export function discardDetail(fields: Fields): StatementDetail {
  switch (fields['target']) {
    case 'DISCARD_PLANS':
      return { kind: 'discard', target: 'plans' };
    case 'DISCARD_SEQUENCES':
      return { kind: 'discard', target: 'sequences' };
    case 'DISCARD_TEMP':
      return { kind: 'discard', target: 'temp' };
    default:
      return { kind: 'discard', target: 'all' };
  }
}

/** The database that a statement makes, drops or alters; null for every other statement. */
export function databaseChange(type: string, fields: Fields): DatabaseChange | null {
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

/** EXPLAIN's ANALYZE; anything but a plain "off" counts as on. */
export function explainAnalyze(fields: Fields): { readonly analyze: boolean; readonly byValue: boolean } {
  let analyze = false;
  let byValue = false;
  for (const option of listAt(fields, 'options')) {
    const [, element] = unwrap(option);
    if (element['defname'] !== 'analyze') continue;
    // The last one counts in PostgreSQL; here one that is on is enough.
    if (!isFields(element['arg'])) analyze = true;
    else {
      byValue = true;
      const value = constantText(element['arg'])?.toLowerCase();
      if (value !== 'off' && value !== 'false' && value !== '0') analyze = true;
    }
  }
  return { analyze, byValue };
}
