import type { SettingCall, StatementDetail, TransactionModes, TransactionVerb } from './statement-class.ts';
import { qualified } from './survey.ts';
import { constantText, type Fields, fieldsAt, isFields, listAt, plainConstant, textAt, unwrap } from './tree.ts';

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
    modes: modesOf([]),
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
      if (common.name === 'TRANSACTION SNAPSHOT') return { ...common, verb: 'transaction-snapshot', name: '' };
      const verb = common.name.startsWith('SESSION') ? 'session-characteristics' : 'transaction';
      return { ...common, verb, name: '', values: null, modes: modesOf(args) };
    }
    default:
      return { ...common, verb: 'set' };
  }
}

function modesOf(options: readonly unknown[]): TransactionModes {
  let readOnly: boolean | null = null;
  let isolation: string | null = null;
  let deferrable: boolean | null = null;
  for (const option of options) {
    const [, fields] = unwrap(option);
    const value = constantText(fields['arg']);
    if (fields['defname'] === 'transaction_read_only') readOnly = value !== '0';
    else if (fields['defname'] === 'transaction_isolation') isolation = value;
    else if (fields['defname'] === 'transaction_deferrable') deferrable = value !== '0';
  }
  return { readOnly, isolation, deferrable };
}

const LOCK_MODES = [
  ...['ACCESS SHARE', 'ROW SHARE', 'ROW EXCLUSIVE', 'SHARE UPDATE EXCLUSIVE', 'SHARE', 'SHARE ROW EXCLUSIVE'],
  ...['EXCLUSIVE', 'ACCESS EXCLUSIVE'],
] as const;

export function lockDetail(fields: Fields): StatementDetail {
  const mode = fields['mode'];
  // What is not known is the strongest.
  const name = typeof mode === 'number' ? LOCK_MODES[mode - 1] : undefined;
  return { kind: 'lock', mode: name ?? 'ACCESS EXCLUSIVE', nowait: fields['nowait'] === true };
}

const QUERY_KINDS: Readonly<Record<string, 'select' | 'insert' | 'update' | 'delete' | 'merge'>> = {
  SelectStmt: 'select',
  InsertStmt: 'insert',
  UpdateStmt: 'update',
  DeleteStmt: 'delete',
  MergeStmt: 'merge',
};

/** COPY's statement in parentheses; null for a table. */
export function copyDetail(fields: Fields): StatementDetail {
  const direction = fields['is_from'] === true ? 'from' : 'to';
  const end = fields['is_program'] === true ? 'program' : 'filename' in fields ? 'file' : 'client';
  const [query] = unwrap(fields['query']);
  return { kind: 'copy', direction, end, query: query === '' ? null : (QUERY_KINDS[query] ?? 'other') };
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

/** The calls of a SELECT that is nothing but set_config() with constants; null for any other statement. */
export function settingCalls(type: string, fields: Fields): readonly SettingCall[] | null {
  if (type !== 'SelectStmt') return null;
  for (const key of Object.keys(fields)) {
    if (key !== 'targetList' && key !== 'limitOption' && key !== 'op') return null;
  }
  if (fields['limitOption'] !== 'LIMIT_OPTION_DEFAULT' || fields['op'] !== 'SETOP_NONE') return null;
  const calls: SettingCall[] = [];
  for (const target of listAt(fields, 'targetList')) {
    const [, column] = unwrap(target);
    const call = settingCall(column['val']);
    if (call === null) return null;
    calls.push(call);
  }
  return calls;
}

function settingCall(node: unknown): SettingCall | null {
  const [type, call] = unwrap(node);
  if (type !== 'FuncCall') return null;
  for (const key of Object.keys(call)) if (!/^(funcname|args|funcformat|location)$/.test(key)) return null;
  const { schema, name: called } = qualified(listAt(call, 'funcname'));
  if (called !== 'set_config' || (schema !== '' && schema !== 'pg_catalog')) return null;
  const args = listAt(call, 'args');
  const name = plainConstant(args[0]);
  const value = plainConstant(args[1]);
  const isLocal = booleanConstant(args[2]);
  if (args.length !== 3 || typeof name !== 'string' || value === undefined || isLocal === null) return null;
  return { name, value, isLocal };
}

/** TRUE, 'on' and the like; null for anything else. */
function booleanConstant(node: unknown): boolean | null {
  const [type, fields] = unwrap(node);
  if (type !== 'A_Const') return null;
  if ('boolval' in fields) return fieldsAt(fields, 'boolval')['boolval'] === true;
  const text = plainConstant(node);
  if (typeof text !== 'string') return null;
  const word = text.trim().toLowerCase();
  if (['t', 'true', 'y', 'yes', 'on', '1'].includes(word)) return true;
  return ['f', 'false', 'n', 'no', 'off', '0'].includes(word) ? false : null;
}
