import { describe, expect, it } from 'vitest';
import { judgeRoles, type NodeFacts } from './roles.ts';

const node = (id: number, over: Partial<NodeFacts> = {}): NodeFacts => ({
  id,
  alwaysPrimary: false,
  inRecovery: true,
  reachable: true,
  ...over,
});

describe('the primary', () => {
  it('is the node that is not in recovery', () => {
    expect(judgeRoles([node(0), node(1, { inRecovery: false })], null, true)).toMatchObject({
      primary: 1,
      reasons: [],
    });
  });

  it('stays when it cannot be asked and no other node takes writes', () => {
    const lost = node(0, { inRecovery: null, reachable: false });
    expect(judgeRoles([lost, node(1)], 0, true).primary).toBe(0);
    expect(judgeRoles([lost, node(1, { inRecovery: false })], 0, true).primary).toBe(1);
  });

  it('is not known: why is said of each node', () => {
    const verdict = judgeRoles(
      [
        node(0),
        node(1, { inRecovery: null, reachable: false, reason: 'connect ECONNREFUSED 10.0.0.2:5432' }),
        node(2, { inRecovery: null, reachable: true, reason: 'password authentication failed for user "probe"' }),
        node(3, { inRecovery: null, reachable: null }),
      ],
      null,
      true,
    );
    expect(verdict.primary).toBeNull();
    expect(verdict.reasons).toEqual([
      'node 0 is in recovery, so it is a standby',
      'node 1 cannot be reached (connect ECONNREFUSED 10.0.0.2:5432)',
      'node 2 could not be asked (password authentication failed for user "probe")',
      'node 3 could not be asked',
    ]);
  });
});
