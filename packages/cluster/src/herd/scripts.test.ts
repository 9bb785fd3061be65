/** What the herd does and says, story by story. */
import { describe, expect, it } from 'vitest';
import { simulatedSettings } from './simulator/schedule.ts';
import { tell } from './simulator/script.ts';

const FOUND = '0 node 0 is the primary';

describe('a primary that dies', () => {
  it('is replaced within a second of a session noticing, and the other standby follows', () => {
    const { told, world } = tell('2.0 kill 0', 6);
    expect(told).toEqual([
      FOUND,
      '2 node 0 is suspected: a session lost its connection',
      '2 the primary (node 0) is lost: a session lost its connection: connection refused',
      '2 node 0 is detached: a session lost its connection: connection refused',
      '2 node 1 is the primary',
      '2 node 1 is the primary in place of node 0',
      '3 node 2 receives from the new primary',
    ]);
    expect(world.state).toMatchObject({ primary: 1, timeline: 2, epoch: 2, act: null });
  });

  it('is not replaced when it is back at once', () => {
    const { told, world } = tell('2.0 kill 0\n2.3 start 0', 6);
    expect(told).toEqual([FOUND, '2 node 0 is suspected: a session lost its connection']);
    expect(world.state).toMatchObject({ primary: 0, epoch: 1 });
  });

  it('comes back as a stranger: it takes writes, and gets none', () => {
    const { told, world } = tell('2.0 kill 0\n8.0 start 0', 12);
    expect(told.at(-1)).toBe('8 node 0 wrote nothing that the others lack');
    expect(world.state.nodes.get(0)?.attached).toBe(false);
    expect(world.writes.at(-1)?.node).toBe(1);
  });

  it('is the primary again when nobody could take its place', () => {
    const { told, world } = tell('2.0 kill 0\n6.0 start 0', 10, 1);
    expect(told.slice(-2)).toEqual(['6 node 0 is the primary', '6 node 0 is the primary in place of node 0']);
    expect(world.state.primary).toBe(0);
    expect(world.writes.at(-1)?.at).toBeGreaterThan(9_000);
  });

  it('together with the standby that would follow it does not stop the third', () => {
    const { world } = tell('2.0 kill 0\n2.9 kill 1', 12);
    expect(world.state.primary).toBe(2);
    expect(world.writes.at(-1)?.node).toBe(2);
  });
});

describe('a primary out of sight', () => {
  it('of its supervisor alone is left in place while standbys receive from it', () => {
    const { told, world } = tell('2.0 hide 0\n3.0 check 0\n9.0 show 0', 12);
    expect(told).toContain(
      '3 node 0 cannot be reached from here, but standbys still receive from it: it is not replaced',
    );
    expect(told.at(-1)).toBe('9 node 0 stays the primary: it answers again');
    expect(world.state).toMatchObject({ primary: 0, epoch: 1 });
  });

  it('of everybody, frozen, is replaced, and thawed it changes nothing', () => {
    const { world } = tell('2.0 freeze 0\n3.0 check 0\n12.0 thaw 0', 16);
    expect(world.state).toMatchObject({ primary: 1, epoch: 2 });
    expect(world.writes.filter((write) => write.node === 0 && write.at > 2_000)).toEqual([]);
  });
});

describe('a standby', () => {
  it('whose health check fails is left out, and attached again once it streams', () => {
    const { told } = tell('2.0 kill 2\n2.5 check 2\n8.0 start 2', 14);
    expect(told).toEqual([
      FOUND,
      '2 node 2 is suspected: health check failed',
      '2 node 2 is detached: health check failed: connection refused',
      '8 node 2 is attached: it answers and streams from the primary',
    ]);
  });

  it('stays out without auto_failback, until an operator attaches it', () => {
    const { told } = tell('2.0 kill 2\n2.5 check 2\n4.0 start 2\n9.0 attach 2', 12, 3, { autoFailback: false });
    expect(told.slice(-1)).toEqual(['9 node 2 is attached: asked for']);
  });

  it('that somebody promotes while the primary lives is a false primary', () => {
    const { told, world } = tell('2.0 promote 2', 6);
    expect(told.slice(1)).toEqual(['2 node 2 takes writes although node 0 is the primary']);
    expect(world.state.primary).toBe(0);
  });

  it('is detached as a false primary where that is wished', () => {
    const { told } = tell('2.0 promote 2', 6, 3, { detachFalsePrimary: true });
    expect(told.at(-1)).toBe('2 node 2 is detached: it is a false primary');
  });
});

describe('a node that is added to the configuration', () => {
  it('waits outside until its server is there and streams, without being suspected, whatever auto_failback says', () => {
    const { told, world } = tell('2.0 add 3\n3.0 check 3\n6.0 start 3', 9, 3, { autoFailback: false });
    expect(told).toEqual([FOUND, '6 node 3 is attached: it is new, and streams from the primary']);
    expect(world.state).toMatchObject({ primary: 0, epoch: 1 });
  });

  it('and takes writes is left outside', () => {
    const { told, world } = tell('2.0 add 3\n2.0 promote 3\n4.0 start 3', 9);
    expect(told).toEqual([FOUND]);
    expect(world.state.nodes.get(3)).toMatchObject({ attached: false });
    expect(world.state.nodes.get(3)?.reason).toContain('it is new and takes writes');
  });

  it('may be left to an operator', () => {
    const { told } = tell('2.0 add 3\n4.0 attach 3', 9);
    expect(told.slice(0, 2)).toEqual([FOUND, '4 node 3 is attached: asked for']);
  });
});

describe('failover_relax_sync_after', () => {
  const SCRIPT = '1.0 sync 0\n1.0 sync 1\n2.0 kill 0';

  it('lets writes go on when nobody is left to be synchronous, and asks for them again when somebody streams', () => {
    const { told, world } = tell(`${SCRIPT}\n12.0 appear 2`, 22, 2, { relaxSyncAfterMs: 4_000 });
    const relaxed = told.findIndex((line) => line.includes('synchronous_standby_names is "" instead of "ANY 1 (*)"'));
    expect(told[relaxed]).toMatch(/^[67] /);
    const first = world.writes.find((write) => write.node === 1)?.at ?? 0;
    expect(first).toBeGreaterThan(6_000);
    expect(first).toBeLessThan(8_500);
    expect(told.slice(relaxed + 1)).toEqual([]);
    expect(world.server(1).syncNames).toBe('');

    const back = tell(`${SCRIPT}\n12.0 appear 2\n12.0 turn 2`, 22, 2, { relaxSyncAfterMs: 4_000 });
    expect(back.told.at(-1)).toBe('12 synchronous_standby_names of node 1 is "ANY 1 (*)" again');
    expect(back.world.server(1).syncNames).toBe('ANY 1 (*)');
    expect(back.world.writes.at(-1)?.at).toBeGreaterThan(21_000);
  });

  it('changes nothing by default, and nothing at a primary that lost its standby without a failover', () => {
    const { world } = tell(SCRIPT, 20, 2);
    expect(world.server(1).syncNames).toBe('ANY 1 (*)');
    expect(world.writes.filter((write) => write.node === 1)).toEqual([]);
    expect(tell('1.0 sync 0\n2.0 kill 1', 20, 2, { relaxSyncAfterMs: 1_000 }).world.server(0).syncNames).not.toBe('');
  });
});

describe('auto_discover_standby', () => {
  it('tells once of a standby that no node stands for, and of nobody else', () => {
    const { told, world } = tell('2.0 appear 3\n4.0 kill 3\n5.0 start 3', 8, 3, { discoverStandbys: true });
    expect(world.discovered).toEqual(['server3']);
    expect(told).toEqual([FOUND]);
  });

  it('is off by default, and cannot tell where a node has no name', () => {
    expect(tell('2.0 appear 3', 6).world.discovered).toEqual([]);
    const nodes = simulatedSettings(3).nodes.map((node) => ({ ...node, applicationName: '' }));
    expect(tell('2.0 appear 3', 6, 3, { discoverStandbys: true, nodes }).world.discovered).toEqual([]);
  });
});

describe('failover_by = external', () => {
  it('promotes nobody, and takes whom somebody else promotes', () => {
    const { told, world } = tell('2.0 kill 0\n5.0 promote 2', 10, 3, { failoverBy: 'external' });
    expect(told.slice(-2)).toEqual(['5 node 2 is the primary', '5 node 2 is the primary in place of node 0']);
    expect(world.state).toMatchObject({ primary: 2, timeline: 2 });
  });
});

describe('failover_max_lost_bytes', () => {
  it('refuses a failover that would lose more, until an operator accepts it', () => {
    const { told, world } = tell('1.5 cut 1\n1.5 kill 1\n2.0 kill 0', 8, 2, { maxLostBytes: 0n });
    expect(told.some((line) => line.includes('there is no primary'))).toBe(true);
    expect(world.state.primary).toBeNull();
  });
});

describe('an operator', () => {
  it('ends the wait for a primary that only its supervisor cannot reach', () => {
    const { world } = tell('2.0 hide 0\n3.0 check 0\n7.0 failover 0', 12);
    expect(world.state.primary).not.toBe(0);
    expect(world.state.primary).not.toBeNull();
    expect(world.broken).toEqual([]);
  });

  it('has somebody promoted where there is no primary to give up', () => {
    const { world } = tell('2.0 kill 0\n2.0 kill 1\n9.0 start 1\n16.0 failover 0', 20, 2, { failoverBy: 'external' });
    expect(world.state.primary).toBe(1);
  });
});

describe('of two servers', () => {
  it('the one on the later timeline is the primary, and the other one is fenced', () => {
    const { told, world } = tell('2.0 promote 1', 6, 2);
    expect(told).toContain('2 the primary (node 0) is lost: node 1 was promoted');
    expect(world.state).toMatchObject({ primary: 1, timeline: 2, epoch: 2 });
    expect(world.broken).toEqual([]);
  });
});

describe('what comes late', () => {
  it('of following a primary that is none any more detaches nobody', () => {
    const { world } = tell('2.0 kill 0', 6);
    world.dispatch({ t: 'followed', node: 1, primary: 0, error: 'it does not stream' });
    world.dispatch({ t: 'followed', node: 2, primary: 0, error: 'it does not stream' });
    expect([1, 2].map((id) => world.state.nodes.get(id)?.attached)).toEqual([true, true]);
  });
});
