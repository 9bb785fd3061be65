/** How long versions were what is wanted. Pure. */
import type { Version } from '../answers.ts';

export interface Span {
  readonly fromMs: number;
  /** Null: still. */
  readonly toMs: number | null;
}

/** A version is live from its apply until that of the next one; one that no proxy took never was. */
export function spansOf(
  versions: readonly Pick<Version, 'number' | 'liveFrom' | 'wanted'>[],
): ReadonlyMap<number, Span> {
  const starts = versions
    .flatMap(({ number, liveFrom, wanted }) =>
      liveFrom === null ? [] : [{ number, fromMs: Date.parse(liveFrom), wanted }],
    )
    .sort((a, b) => a.fromMs - b.fromMs);
  return new Map(
    starts.map(({ number, fromMs, wanted }, at) => [
      number,
      { fromMs, toMs: wanted ? null : (starts[at + 1]?.fromMs ?? null) },
    ]),
  );
}
