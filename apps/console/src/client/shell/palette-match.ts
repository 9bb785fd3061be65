import type { PaletteEntry } from './frame.ts';

/** What is found first: a label that begins with the query, then one with a word that does, then one that holds it. */
function rank(entry: PaletteEntry, words: readonly string[]): number | null {
  const label = entry.label.toLowerCase();
  const all = `${label} ${entry.hint ?? ''} ${entry.also ?? ''}`.toLowerCase();
  let worst = 0;
  for (const word of words) {
    if (!all.includes(word)) return null;
    const begins = label.startsWith(word) ? 0 : label.includes(` ${word}`) || label.includes(`_${word}`) ? 1 : 2;
    worst = Math.max(worst, begins);
  }
  return worst;
}

/** Entries that hold every word of the query, best first, at most `most`. An empty query keeps the given order. */
export function matchEntries(entries: readonly PaletteEntry[], query: string, most: number): readonly PaletteEntry[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return entries.slice(0, most);
  const found = entries.flatMap((entry, place) => {
    const at = rank(entry, words);
    return at === null ? [] : [{ entry, at, place }];
  });
  found.sort((a, b) => a.at - b.at || a.place - b.place);
  return found.slice(0, most).map(({ entry }) => entry);
}

/** In groups, in the order in which the groups first appear. */
export function groupEntries(
  entries: readonly PaletteEntry[],
): readonly (readonly [PaletteEntry['group'], readonly PaletteEntry[]])[] {
  const groups = new Map<PaletteEntry['group'], PaletteEntry[]>();
  for (const entry of entries) {
    const list = groups.get(entry.group);
    if (list === undefined) groups.set(entry.group, [entry]);
    else list.push(entry);
  }
  return [...groups];
}
