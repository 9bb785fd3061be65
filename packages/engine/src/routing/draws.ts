/**
 * One drawn number for each decision, however many choices it takes: whoever records it can have the same decision again.
 * Decisions are synchronous, so one place to keep the number is enough.
 */

/** Multiplies what is left, so that the digits behind decide next: the choices stay as good as independent. */
const NEXT_DIGITS = 4093;
const NOTHING = -1;

let source: () => number = Math.random;
/** What was drawn, and what is left of it: in an array, where numbers cost no object. */
const numbers = Float64Array.of(NOTHING, NOTHING);

/** A new decision, which draws from `draw` (0 up to 1) when and if it needs to. */
export function beginDraws(draw: () => number): void {
  source = draw;
  numbers[0] = NOTHING;
}

/** The next number of this decision, from 0 up to 1. */
export function nextDraw(): number {
  if (numbers[0]! < 0) {
    const drawn = source();
    numbers[0] = drawn;
    numbers[1] = drawn;
    return drawn;
  }
  const moved = numbers[1]! * NEXT_DIGITS;
  const rest = moved - Math.floor(moved);
  numbers[1] = rest;
  return rest;
}

/** What this decision drew; null when nothing so far. */
export function drawnNumber(): number | null {
  const drawn = numbers[0]!;
  return drawn < 0 ? null : drawn;
}
