import { describe, expect, it } from 'vitest';
import type { ClusterSnapshot } from '../ipc.ts';
import { decide } from './decide.ts';

const snapshot = (primary: number | null): ClusterSnapshot => ({
  epoch: 1,
  primary,
  nodes: [0, 1, 2].map((id) => ({
    id,
    host: 'h',
    port: 1,
    weight: 1,
    status: 'up',
    role: id === primary ? 'primary' : 'standby',
  })),
});

describe('where a session goes', () => {
  it('is the primary, whatever its number, and why is said', () => {
    for (const primary of [0, 2]) {
      const decision = decide(snapshot(primary));
      expect(decision.node).toBe(primary);
      expect(decision.why).toEqual([{ rule: 'primary', found: `node ${primary} is the primary`, decided: true }]);
    }
  });

  it('is nowhere while no primary is known', () => {
    expect(decide(snapshot(null))).toEqual({
      node: null,
      why: [{ rule: 'primary', found: 'no primary node is known', decided: true }],
    });
  });

  it('is decided once for a snapshot and anew for the next', () => {
    const one = snapshot(0);
    expect(decide(one)).toBe(decide(one));
    expect(decide(snapshot(1)).node).toBe(1);
  });
});
