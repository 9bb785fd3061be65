/** Secrets in the text of a pgpool.conf: found, referred to, put back. No function here shows one. */
import { ConfDocument, quoteValue, type SettingPart } from '../parse/document.ts';
import { lookUpName, parameters } from '../table/index.ts';

/** `secret:sr_check_password#1`, in place of a value. */
const REFERENCE = /^secret:([A-Za-z_][A-Za-z0-9_]*#[0-9A-Za-z]{1,64})$/;

/** `sr_check_password#1` of a value that is a reference, else null. */
export const referenceOf = (value: string): string | null => REFERENCE.exec(value)?.[1] ?? null;

/** A file name, masked by SHOW as upstream does, is none: a version without it could not be read by people. */
const NO_SECRETS: ReadonlySet<string> = new Set(['pool_passwd']);

const LOOKS_SECRET = /passw|secret|authkey/i;

/** Today's name, with number, of a parameter whose value is a secret; else null. */
export function secretName(written: string): string | null {
  const found = lookUpName(written);
  // A name that nobody knows any more, or not yet, or that has a slip in it.
  if (found.kind !== 'known') return LOOKS_SECRET.test(written) ? written : null;
  if (found.parameter.secret !== true || NO_SECRETS.has(found.parameter.name)) return null;
  return found.parameter.aliasOf ?? found.canonical;
}

/** Each secret that the text gives, in order: name and value as written, references among them. Empty values are none. */
export function secretsIn(text: string): readonly { readonly name: string; readonly value: string }[] {
  return ConfDocument.parse(text).settings.flatMap((part) => {
    const name = partSecret(part);
    return name === null ? [] : [{ name, value: part.value }];
  });
}

/**
 * The text with other values for its secrets. What looks like a secret in comments, or behind one that is badly quoted,
 * is masked as `*****`: nobody needs it, and it may be an old password.
 * @param written what stands in the text in place of each value, quotes included
 */
export function replaceSecrets(text: string, written: (name: string, value: string) => string): string {
  const parts = ConfDocument.parse(text).parts;
  let out = '';
  let behindSecret = false;
  for (const part of parts) {
    if (part.kind === 'text') {
      out += maskedComments(behindSecret ? maskedRest(part.text) : part.text);
      behindSecret = false;
      continue;
    }
    const name = partSecret(part);
    behindSecret = name !== null;
    out += part.name + part.separator + (name === null ? part.valueText : written(name, part.value));
  }
  return out;
}

export class UnwritableSecretError extends Error {
  readonly code = 'UNWRITABLE_SECRET';
  readonly reference: string;
  constructor(reference: string) {
    super(`the value of ${reference} has a character that no line of pgpool.conf can hold`);
    this.reference = reference;
  }
}

/** The text with values in place of references. @throws UnwritableSecretError @throws RangeError for one without value */
export function resolveSecrets(text: string, secretOf: (reference: string) => string | null): string {
  let out = '';
  for (const part of ConfDocument.parse(text).parts) {
    if (part.kind === 'text') {
      out += part.text;
      continue;
    }
    const reference = partSecret(part) === null ? null : referenceOf(part.value);
    out += part.name + part.separator + (reference === null ? part.valueText : writtenSecret(reference, secretOf));
  }
  return out;
}

function writtenSecret(reference: string, secretOf: (reference: string) => string | null): string {
  const value = secretOf(reference);
  if (value === null) throw new RangeError(`there is no value for ${reference}`);
  let text: string;
  try {
    text = value === '' ? "''" : quoteValue(value);
  } catch {
    throw new UnwritableSecretError(reference);
  }
  const [back] = ConfDocument.parse(`sr_check_password = ${text}`).settings;
  if (back?.value !== value) throw new UnwritableSecretError(reference);
  return text;
}

function partSecret(part: SettingPart): string | null {
  return part.kind === 'setting' && part.value !== '' ? secretName(part.name) : null;
}

const MASK = "'*****'";
const SECRET_BASES = parameters.filter((p) => p.secret === true && !NO_SECRETS.has(p.name)).map((p) => p.name);
const BASES = `(?!pool_passwd\\b)(?:${SECRET_BASES.join('|')}|\\w*(?:passw|secret|authkey)\\w*)[0-9]*`;
const IN_COMMENT = new RegExp(`((?:^|[^A-Za-z0-9_])${BASES}[ \\t]*=[ \\t]*)(?!''[ \\t\\r]*(?:#|$))\\S.*`, 'i');
const OUTSIDE = new RegExp(`((?:^|[^A-Za-z0-9_])${BASES}[ \\t]*=?[ \\t]*)\\S.*`, 'i');

/** A comment may speak of a secret; one that gives a value is masked. Other lines here are those that cannot be read. */
function maskedComments(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replace(/^\s*#/.test(line) || line.trimStart() === '' ? IN_COMMENT : OUTSIDE, `$1${MASK}`))
    .join('\n');
}

/** What follows a secret on its line and is no comment may be a part of it that lacks its quotes. */
function maskedRest(text: string): string {
  const end = text.indexOf('\n');
  const rest = end === -1 ? text : text.slice(0, end);
  if (/^[ \t\r]*(?:#.*)?$/.test(rest)) return text;
  return ` ${MASK}${end === -1 ? '' : text.slice(end)}`;
}
