import { bytesToText } from '../../text.ts';
import { MessageWriter } from '../../writer.ts';

/** What ErrorResponse and NoticeResponse carry. Names in the order in which PostgreSQL sends them. */
export interface ErrorFields {
  /** Localized: what a person reads. */
  readonly severity: string;
  /** ERROR, FATAL, PANIC, WARNING … never translated; without it the severity serves. */
  readonly severityNonLocalized?: string;
  readonly sqlstate: string;
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly where?: string;
  readonly schema?: string;
  readonly table?: string;
  readonly column?: string;
  readonly dataType?: string;
  readonly constraint?: string;
  readonly position?: string;
  readonly internalPosition?: string;
  readonly internalQuery?: string;
  readonly file?: string;
  readonly line?: string;
  readonly routine?: string;
}

/** As received: every field, those without a name here too. */
export interface ReceivedErrorFields extends ErrorFields {
  readonly severityNonLocalized: string;
  /** One-letter code → text, last one wins. */
  readonly all: ReadonlyMap<string, string>;
}

const CODES = [
  ['S', 'severity'],
  ['V', 'severityNonLocalized'],
  ['C', 'sqlstate'],
  ['M', 'message'],
  ['D', 'detail'],
  ['H', 'hint'],
  ['W', 'where'],
  ['s', 'schema'],
  ['t', 'table'],
  ['c', 'column'],
  ['d', 'dataType'],
  ['n', 'constraint'],
  ['P', 'position'],
  ['p', 'internalPosition'],
  ['q', 'internalQuery'],
  ['F', 'file'],
  ['L', 'line'],
  ['R', 'routine'],
] as const satisfies readonly (readonly [string, keyof ErrorFields])[];

const SQLSTATE = /^[0-9A-Z]{5}$/;

/**
 * Body of ErrorResponse and NoticeResponse: pairs of Byte1 code and CString, then a zero byte. It never throws: an
 * error report that is itself broken still has to be reported, so fields may be missing, repeated or cut off. Without
 * a valid SQLSTATE it is XX000.
 */
export function decodeErrorFields(body: Buffer): ReceivedErrorFields {
  const all = splitFields(body);
  const named: Partial<Record<keyof ErrorFields, string>> = {};
  for (const [code, name] of CODES) {
    const value = all.get(code);
    if (value !== undefined) named[name] = value;
  }
  const severity = named.severity ?? named.severityNonLocalized ?? 'ERROR';
  const sqlstate = named.sqlstate !== undefined && SQLSTATE.test(named.sqlstate) ? named.sqlstate : 'XX000';
  return {
    ...named,
    severity,
    severityNonLocalized: named.severityNonLocalized ?? severity,
    sqlstate,
    message: named.message ?? '',
    all,
  };
}

function splitFields(body: Buffer): Map<string, string> {
  const fields = new Map<string, string>();
  let at = 0;
  while (at < body.length && body.readUInt8(at) !== 0) {
    const end = body.indexOf(0, at + 1);
    const stop = end < 0 ? body.length : end;
    fields.set(String.fromCharCode(body.readUInt8(at)), bytesToText(body.subarray(at + 1, stop)));
    at = stop + 1;
  }
  return fields;
}

/** Writes the fields. A zero byte in a text is dropped: a report is never refused for what it quotes. */
export function encodeErrorFields(type: number, fields: ErrorFields): Buffer {
  const writer = new MessageWriter(256).begin(type);
  const complete: ErrorFields = { ...fields, severityNonLocalized: fields.severityNonLocalized ?? fields.severity };
  for (const [code, name] of CODES) {
    const value = complete[name];
    if (value !== undefined) writer.byte(code.charCodeAt(0)).cstring(value.replaceAll('\0', ''));
  }
  return writer.byte(0).end().finish();
}
