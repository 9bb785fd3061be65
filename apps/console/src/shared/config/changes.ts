/** What differs between two texts of pgpool.conf, parameter by parameter. Pure, runs in browsers: form and review use it. */
import { ConfDocument } from '@pgherd/config/document';
import { formatValue, lookUpName, parseValue } from '@pgherd/config/table';
import type { ParameterFacts } from '@pgherd/operations';

export interface TextChange {
  /** Today's name, with number where it has one. */
  readonly name: string;
  /** Null: not in the text, so the default counts. */
  readonly from: string | null;
  readonly to: string | null;
}

/** The values that count, by today's names. */
export function valuesOf(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const part of ConfDocument.parse(text).settings) values.set(canonicalName(part.name), part.value);
  return values;
}

export function canonicalName(written: string): string {
  const found = lookUpName(written);
  if (found.kind !== 'known') return written;
  const { aliasOf } = found.parameter;
  const number = /\d+$/.exec(found.canonical)?.[0] ?? '';
  return aliasOf === undefined ? found.canonical : `${aliasOf}${found.parameter.indexed === undefined ? '' : number}`;
}

export function changesBetween(from: string, to: string): TextChange[] {
  const [before, after] = [valuesOf(from), valuesOf(to)];
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names
    .map((name) => ({ name, from: before.get(name) ?? null, to: after.get(name) ?? null }))
    .filter((change) => change.from !== change.to);
}

/** Whether two spellings of a value mean the same: `120`, `120s` and `2min`, or `yes` and `on`. */
export function sameMeaning(name: string, a: string, b: string): boolean {
  if (a === b) return true;
  const found = lookUpName(name);
  if (found.kind !== 'known') return false;
  const [one, other] = [parseValue(found.parameter, a), parseValue(found.parameter, b)];
  return one.ok && other.ok && formatValue(found.parameter, one.value) === formatValue(found.parameter, other.value);
}

/** The same changes on another text, comments and order kept. */
export function withChanges(text: string, changes: readonly TextChange[]): string {
  const document = ConfDocument.parse(text);
  for (const { name, to } of changes) {
    if (to === null) document.remove(name);
    else document.set(name, to);
  }
  return document.toString();
}

/** `backend_weight1` → `backend_weight` and 1. */
export function splitName(
  name: string,
  table: ReadonlyMap<string, ParameterFacts>,
): { readonly base: string; readonly index: number | null } {
  if (table.has(name)) return { base: name, index: null };
  const [, base = name, digits] = /^(.*?)(\d+)$/.exec(name) ?? [];
  return table.has(base) && digits !== undefined ? { base, index: Number(digits) } : { base: name, index: null };
}
