/** A ladder in short: where a statement goes, and with what probability. Pure. */
import type { RouteExplanation, RouteVerdict } from '@pgherd/operations';

type Row = RouteExplanation['rows'][number];

const PROBABILITY = /^probability ([0-9.]+)/;

export interface Destination {
  /** Null: nobody can serve it. */
  readonly node: number | null;
  readonly rule: string;
  readonly value: string;
  /** More than one where a draw decides; otherwise the node alone. */
  readonly shares: readonly { readonly node: number; readonly probability: number }[];
}

export function destinationOf(rows: readonly Row[]): Destination | null {
  const last = rows.at(-1);
  if (last === undefined) return null;
  const { node, rule, value } = last;
  const drawn = new Map<number, number>();
  for (const row of rows) {
    const probability = Number(PROBABILITY.exec(row.value)?.[1] ?? 0);
    if (row.node !== null && probability > 0) drawn.set(row.node, probability);
  }
  const chosen = rows.findLast((row) => row.rule === 'draw' || / and was drawn$/.test(row.value))?.node ?? null;
  const open = node !== null && drawn.size > 1 && drawn.has(node) && (chosen === null || chosen === node);
  const shares = open
    ? [...drawn].map(([id, probability]) => ({ node: id, probability })).sort((a, b) => b.probability - a.probability)
    : node === null
      ? []
      : [{ node, probability: 1 }];
  return { node, rule, value, shares };
}

/** "node 1 50%, node 2 50%" as data for a sentence: the nodes in order of probability. */
export const nodesOf = (verdict: { readonly shares: Readonly<RouteVerdict['shares']> }): readonly number[] =>
  [...verdict.shares].sort((a, b) => b.probability - a.probability).map(({ node }) => node);

/** Statements in a text, parted by lines of their own or by semicolons at a line's end. */
export function statementsIn(text: string): string[] {
  return text
    .split(/;[ \t]*(?:\r?\n|$)|\r?\n[ \t]*\r?\n/)
    .map((one) => one.trim())
    .filter((one) => one !== '');
}
