import { describe, expect, it } from 'vitest';
import { type ClusterSnapshot, NO_HERD } from '../ipc.ts';
import { homeNode } from './home-node.ts';

const snapshot = (primary: number | null): ClusterSnapshot => ({
  ...NO_HERD,
  epoch: 1,
  primary,
  nodes: [0, 1, 2].map((id) => ({
    id,
    host: 'h',
    port: 1,
    weight: 1,
    status: 'up',
    role: id === primary ? 'primary' : 'standby',
    lagBytes: null,
    lagMs: null,
    replayLsn: null,
  })),
});

describe('where a session goes', () => {
  it('is the primary, whatever its number, and why is said', () => {
    for (const primary of [0, 2]) {
      const home = homeNode(snapshot(primary));
      expect(home.node).toBe(primary);
      expect(home.why).toEqual([{ rule: 'primary', found: `node ${primary} is the primary`, decided: true }]);
    }
  });

  it('is nowhere while no primary is known', () => {
    expect(homeNode(snapshot(null))).toEqual({
      node: null,
      why: [{ rule: 'primary', found: 'no primary node is known', decided: true }],
    });
  });

  it('is decided once for a snapshot and anew for the next', () => {
    const one = snapshot(0);
    expect(homeNode(one)).toBe(homeNode(one));
    expect(homeNode(snapshot(1)).node).toBe(1);
  });
});
