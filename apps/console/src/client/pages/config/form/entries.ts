/** What the form lists, and what its filters mean. Pure. */
import type { ParameterFacts, RunningParameter } from '@pgherd/operations';
import { splitName } from '../../../../shared/config/changes.ts';
import type { ParameterTable, Running } from '../answers.ts';
import { normalOf, type TableByName } from '../values.ts';

export const filters = ['all', 'changed', 'notDefault', 'drifted', 'pending', 'secret'] as const;
export type Filter = (typeof filters)[number];
export const isFilter = (text: string): text is Filter => (filters as readonly string[]).includes(text);

export interface Entry {
  readonly facts: ParameterFacts;
  /** Names of older releases. */
  readonly oldNames: readonly string[];
}

/** Old spellings of a parameter are no entries of their own. */
export function entriesOf(table: ParameterTable): readonly Entry[] {
  return table.parameters
    .filter(({ aliasOf }) => aliasOf === null)
    .map((facts) => ({
      facts,
      oldNames: [
        ...table.parameters.filter(({ aliasOf }) => aliasOf === facts.name).map(({ name }) => name),
        ...Object.entries(table.renamed)
          .filter(([, to]) => to === facts.name)
          .map(([from]) => from),
      ],
    }));
}

export type RunningByProxy = ReadonlyMap<string, ReadonlyMap<string, RunningParameter>>;

export const runningByProxy = (running: Running): RunningByProxy =>
  new Map(running.map(({ proxy, parameters }) => [proxy, new Map(parameters.map((one) => [one.name, one]))]));

interface Sides {
  readonly byName: TableByName;
  readonly values: ReadonlyMap<string, string>;
  /** Names of the draft's changes. */
  readonly changed: ReadonlySet<string>;
  readonly pending: ReadonlySet<string>;
  /** Names in which a proxy differs from what is wanted, by the server's comparison. */
  readonly drifted: ReadonlySet<string>;
}

/** Filter → names (without numbers) of the parameters that it shows. */
export function sortedOut(entries: readonly Entry[], sides: Sides): Readonly<Record<Filter, ReadonlySet<string>>> {
  const base = (name: string): string => splitName(name, sides.byName).base;
  const given = new Map<string, string[]>();
  for (const name of sides.values.keys()) given.set(base(name), [...(given.get(base(name)) ?? []), name]);
  const all = entries.map(({ facts }) => facts);
  const where = (test: (facts: ParameterFacts) => boolean): Set<string> =>
    new Set(all.filter(test).map(({ name }) => name));
  const changed = new Set([...sides.changed].map(base));
  const pending = new Set([...sides.pending].map(base));
  const drifted = new Set([...sides.drifted].map(base));
  return {
    all: where(() => true),
    changed: where(({ name }) => changed.has(name)),
    notDefault: where((facts) =>
      (given.get(facts.name) ?? []).some(
        (name) => normalOf(facts, sides.values.get(name) ?? '') !== normalOf(facts, facts.default),
      ),
    ),
    drifted: where(({ name }) => drifted.has(name)),
    pending: where(({ name }) => pending.has(name)),
    secret: where(({ secret }) => secret),
  };
}

export function matches({ facts, oldNames }: Entry, query: string): boolean {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const text = `${facts.name} ${oldNames.join(' ')} ${facts.group} ${facts.doc}`.toLowerCase();
  // A name with its number finds the parameter.
  return words.every(
    (word) => text.includes(word) || (facts.indexed !== null && text.includes(word.replace(/\d+$/, ''))),
  );
}
