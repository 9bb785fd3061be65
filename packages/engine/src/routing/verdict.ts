/** A ladder in short: where the statement may go, with the probability of each node. */
import type { RouteVerdict } from '@pgherd/operations';
import type { RouteRow } from './explain.ts';

const PROBABILITY = /^probability ([0-9.]+)/;
const DRAWN = 'draw';

/** A node that was drawn stands for all that might have been; one that a later rule chose instead stands for itself. */
export function verdictOf(rows: readonly RouteRow[] | { readonly error: string }): RouteVerdict {
  if ('error' in rows) return { rule: '', value: '', shares: [], error: rows.error };
  const last = rows.at(-1);
  if (last === undefined) return { rule: '', value: '', shares: [], error: 'no rule decided' };
  const { rule, value, node } = last;
  if (node === null) return { rule, value, shares: [], error: null };
  const shares = new Map<number, number>();
  for (const row of rows) {
    const probability = Number(PROBABILITY.exec(row.value)?.[1] ?? 0);
    if (row.node !== null && probability > 0) shares.set(row.node, probability);
  }
  const chosen = rows.findLast((row) => row.rule === DRAWN || / and was drawn$/.test(row.value))?.node ?? null;
  const isOpen = shares.size > 1 && shares.has(node) && (chosen === null || chosen === node);
  return {
    rule,
    value,
    shares: isOpen
      ? [...shares].map(([id, probability]) => ({ node: id, probability })).toSorted((a, b) => a.node - b.node)
      : [{ node, probability: 1 }],
    error: null,
  };
}

const SAME = 0.0005;

/** Where the statement goes is another place, or another mixture of places. */
export function differs(one: RouteVerdict, other: RouteVerdict): boolean {
  if (one.error !== other.error || one.shares.length !== other.shares.length) return true;
  return one.shares.some(({ node, probability }, i) => {
    const matching = other.shares[i];
    return matching?.node !== node || Math.abs(matching.probability - probability) > SAME;
  });
}
