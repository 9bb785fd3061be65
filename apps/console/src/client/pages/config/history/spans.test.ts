import { describe, expect, it } from 'vitest';
import { spansOf } from './spans.ts';

const at = (minute: number): string => new Date(minute * 60_000).toISOString();

describe('how long versions were live', () => {
  it('ends a version where the next one begins, leaves out those that no proxy took, and lets the wanted one go on', () => {
    const spans = spansOf([
      { number: 4, liveFrom: at(30), wanted: true },
      { number: 3, liveFrom: null, wanted: false },
      { number: 2, liveFrom: at(10), wanted: false },
      { number: 1, liveFrom: at(0), wanted: false },
    ]);
    expect([...spans]).toEqual([
      [1, { fromMs: 0, toMs: 600_000 }],
      [2, { fromMs: 600_000, toMs: 1_800_000 }],
      [4, { fromMs: 1_800_000, toMs: null }],
    ]);
  });
});
