/** Values of parameters, by the table that the proxies gave: what may be written, and what two spellings mean. Pure. */
import { allowedOf, formatValue, type ParameterSpec, parseValue } from '@pgherd/config/table';
import type { ParameterFacts, ParameterTableFacts } from '@pgherd/operations';
import { splitName } from '../../../shared/config/changes.ts';
import type { Effect } from '../../ui/context-chip.tsx';

export type TableByName = ReadonlyMap<string, ParameterFacts>;

export const byNameOf = (table: ParameterTableFacts): TableByName =>
  new Map(table.parameters.map((facts) => [facts.name, facts]));

export const effectOf = (effect: ParameterFacts['effect'] | 'none'): Effect =>
  effect === 'restart' ? 'restart' : effect === 'new sessions' ? 'sessions' : 'reload';

/** The facts in the shape by which `@pgherd/config` reads values. */
function specOf(facts: ParameterFacts): ParameterSpec {
  const { type, unit, min, max, octal, values, synonyms, separator } = facts;
  const common = { default: facts.default, context: facts.context, since: facts.since, doc: facts.doc };
  switch (type) {
    case 'int':
    case 'double':
      return {
        ...{ ...common, type, min: min ?? Number.NEGATIVE_INFINITY, max: max ?? Number.POSITIVE_INFINITY },
        ...(unit === null ? {} : { unit }),
        ...(octal ? { octal: true } : {}),
      } as unknown as ParameterSpec;
    case 'enum':
      return { ...common, type, values, synonyms } as unknown as ParameterSpec;
    case 'list':
      return { ...common, type, separator: separator ?? ',' } as unknown as ParameterSpec;
    default:
      return { ...common, type } as unknown as ParameterSpec;
  }
}

/** What may be written, in words: "1024 to 65535". */
export const allowedIn = (facts: ParameterFacts): string => allowedOf(specOf(facts));

/** Null: it may be written so. */
export function wrongOf(facts: ParameterFacts, text: string): { readonly allowed: string } | null {
  if (/[\n\0]/.test(text)) return { allowed: allowedOf({ type: 'string' } as ParameterSpec) };
  const read = parseValue(specOf(facts), text);
  return read.ok ? null : { allowed: read.allowed };
}

/** As SHOW prints it, so that `2min`, `120s` and `120` are the same; as written where it cannot be read. */
export function normalOf(facts: ParameterFacts, text: string): string {
  const spec = specOf(facts);
  const read = parseValue(spec, text);
  return read.ok ? formatValue(spec, read.value) : text;
}

export const sameValue = (facts: ParameterFacts, a: string, b: string): boolean =>
  normalOf(facts, a) === normalOf(facts, b);

const WITH_UNIT = /[A-Za-z]$/;

/** For reading: a bare number gets its unit. */
export function withUnit(facts: ParameterFacts, text: string): string {
  if (text === '' || facts.unit === null || WITH_UNIT.test(text.trim())) return text;
  return `${text} ${facts.unit}`;
}

/** A value of a change as it is shown; secrets are references, which say nothing to a reader. */
export function shownValue(name: string, value: string | null, table: TableByName): string | null {
  if (value === null) return null;
  const facts = table.get(splitName(name, table).base);
  if (facts === undefined) return value;
  return facts.secret ? (value === '' ? '' : '•••••') : withUnit(facts, value);
}

export function effectOfName(name: string, table: TableByName): Effect {
  const facts = table.get(splitName(name, table).base);
  return facts === undefined ? 'reload' : effectOf(facts.effect);
}

const LOUDNESS: readonly Effect[] = ['sessions', 'reload', 'restart'];

/** The change that costs most. */
export function heaviestOf(
  names: readonly string[],
  table: TableByName,
): { readonly effect: Effect; readonly parameter: string } | null {
  let heaviest: { effect: Effect; parameter: string } | null = null;
  for (const parameter of names) {
    const effect = effectOfName(parameter, table);
    if (heaviest === null || LOUDNESS.indexOf(effect) > LOUDNESS.indexOf(heaviest.effect))
      heaviest = { effect, parameter };
  }
  return heaviest;
}
