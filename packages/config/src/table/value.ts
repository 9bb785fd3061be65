import type { EnumSpec, NumberSpec, ParameterSpec, Unit, Value } from './entry.ts';
import { LONG } from './entry.ts';

export type ValueResult =
  | { readonly ok: true; readonly value: Value }
  /** `allowed` completes the sentence "allowed: …". */
  | { readonly ok: false; readonly message: string; readonly allowed: string };

/** Reads a value as written in a file, on a form or after `PGPOOL SET name TO`. */
export function parseValue(spec: ParameterSpec, text: string): ValueResult {
  switch (spec.type) {
    case 'bool': {
      const value = parseBool(text);
      if (value === null) return refuse('is not a truth value', allowedOf(spec));
      return { ok: true, value };
    }
    case 'int':
    case 'double':
      return parseNumber(spec, text);
    case 'enum': {
      const value = findEnum(spec, text);
      if (value === null) return refuse('is not one of the values of this parameter', allowedOf(spec));
      return { ok: true, value };
    }
    case 'list':
      return { ok: true, value: splitList(text, spec.separator) };
    case 'string':
      if (text.includes('\0')) return refuse('contains a zero byte', 'text without zero bytes');
      return { ok: true, value: text };
  }
}

/** The default in the shape that `Settings` holds it. */
export function defaultValue(spec: ParameterSpec): Value {
  return spec.type === 'list' ? splitList(spec.default, spec.separator) : spec.default;
}

/** What a value may be, in words. */
export function allowedOf(spec: ParameterSpec): string {
  switch (spec.type) {
    case 'bool':
      return 'on, off, true, false, yes, no, 1, 0';
    case 'int':
    case 'double': {
      const unit = spec.unit === undefined ? '' : ` ${spec.unit}`;
      return `${numberText(spec, spec.min)} to ${numberText(spec, spec.max)}${unit}`;
    }
    case 'enum':
      return spec.values.map((v) => (v === '' ? "''" : v)).join(', ');
    case 'list':
      return spec.separator === ',' ? 'a list separated by commas' : 'a list separated by semicolons';
    case 'string':
      return 'text';
  }
}

/** The value as `PGPOOL SHOW` prints it: on/off, the largest unit that divides evenly, four octal digits for modes. */
export function formatValue(spec: ParameterSpec, value: Value, options?: { readonly plain?: boolean }): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value === 'number') {
    if (spec.type !== 'int' && spec.type !== 'double') return String(value);
    if (spec.octal) return numberText(spec, value);
    if (spec.unit === undefined || options?.plain === true || value <= 0) return numberText(spec, value);
    return withLargestUnit(value, spec.unit);
  }
  if (typeof value === 'string') return value;
  return value.join(spec.type === 'list' ? spec.separator : ',');
}

/** on/off, true/false, yes/no, 1/0 or an unambiguous beginning of one of the words, in any case. */
export function parseBool(text: string): boolean | null {
  const t = text.trim().toLowerCase();
  if (t === '1') return true;
  if (t === '0') return false;
  if (t === '' || t === 'o') return null;
  for (const word of ['on', 'true', 'yes']) if (word.startsWith(t)) return true;
  for (const word of ['off', 'false', 'no']) if (word.startsWith(t)) return false;
  return null;
}

/** Splits at the separator; a separator behind a backslash is kept, with its backslash. Blanks around elements are cut
 *  and empty elements left out. */
export function splitList(text: string, separator: ',' | ';'): readonly string[] {
  const elements: string[] = [];
  let start = 0;
  const add = (end: number): void => {
    const element = text.slice(start, end).trim();
    if (element !== '') elements.push(element);
  };
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === separator) {
      add(i);
      start = i + 1;
    }
  }
  add(text.length);
  return elements;
}

const REFUSED_NUMBER = 'is not a number';

/** Bounds the work on a value: no number that a file may hold is longer. */
const NUMBER_LENGTH_MAX = 64;

const UNITS: Readonly<Record<Unit, Readonly<Record<string, number>>>> = {
  ms: { us: 0.001, ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 },
  s: { us: 0.000_001, ms: 0.001, s: 1, min: 60, h: 3600, d: 86_400 },
  min: { us: 1 / 60_000_000, ms: 1 / 60_000, s: 1 / 60, min: 1, h: 60, d: 1440 },
  B: { B: 1, kB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 },
  kB: { B: 1 / 1024, kB: 1, MB: 1024, GB: 1024 ** 2, TB: 1024 ** 3 },
};

function parseNumber(spec: NumberSpec, given: string): ValueResult {
  const text = given.trim();
  if (text.length > NUMBER_LENGTH_MAX) return refuse(REFUSED_NUMBER, allowedOf(spec));
  const match = /^([+-]?)(0[xX][0-9a-fA-F]+|[0-9]*\.?[0-9]*(?:[eE][+-]?[0-9]+)?)\s*([A-Za-z]*)$/.exec(text);
  const digits = match?.[2] ?? '';
  if (match === null || !/[0-9]/.test(digits)) return refuse(REFUSED_NUMBER, allowedOf(spec));
  const magnitude = readMagnitude(digits);
  if (magnitude === null) return refuse('is not an octal number', allowedOf(spec));
  let value = match[1] === '-' ? -magnitude : magnitude;
  const suffix = match[3] ?? '';
  if (suffix !== '') {
    if (spec.unit === undefined) return refuse('has a unit, but this parameter takes none', allowedOf(spec));
    const factor = Object.hasOwn(UNITS[spec.unit], suffix) ? UNITS[spec.unit][suffix] : undefined;
    if (factor === undefined) {
      const known = Object.keys(UNITS[spec.unit]).join(', ');
      return refuse(`has an unknown unit (units are ${known}; upper and lower case matter)`, allowedOf(spec));
    }
    value *= factor;
  }
  if (spec.type === 'int') value = roundHalfEven(value);
  // A default below the range says "not used"; writing it out is no mistake, except for a slot's port.
  const isDefault = spec.indexed === undefined && value === spec.default;
  if (!isDefault && !(value >= spec.min && value <= spec.max)) {
    return refuse('is outside the allowed range', allowedOf(spec));
  }
  return { ok: true, value: value === 0 ? 0 : value };
}

/** Decimal, hexadecimal behind 0x, octal behind a leading 0. */
function readMagnitude(digits: string): number | null {
  if (/^0[xX]/.test(digits)) return Number.parseInt(digits.slice(2), 16);
  if (/^0[0-9]+$/.test(digits)) return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : null;
  return Number(digits);
}

/** As C's rint(): a half goes to the even neighbour. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function findEnum(spec: EnumSpec, text: string): string | null {
  const wanted = text.trim().toLowerCase();
  const synonyms = spec.synonyms ?? {};
  if (Object.hasOwn(synonyms, wanted)) return synonyms[wanted] ?? null;
  return spec.values.find((v) => v.toLowerCase() === wanted) ?? null;
}

function numberText(spec: NumberSpec, value: number): string {
  if (spec.octal && value >= 0 && value <= 0o7777) return value.toString(8).padStart(4, '0');
  if (value >= LONG) return '9223372036854775807';
  return Number.isInteger(value) ? BigInt(value).toString() : String(value);
}

function withLargestUnit(value: number, unit: Unit): string {
  const larger = Object.entries(UNITS[unit]).filter(([, factor]) => factor >= 1);
  for (const [name, factor] of larger.reverse()) {
    if (value % factor === 0) return `${BigInt(value / factor)}${name}`;
  }
  return `${value}${unit}`;
}

const refuse = (message: string, allowed: string): ValueResult => ({ ok: false, message, allowed });
