/** The supervisor dies at any moment of an act, and the next one brings it to an end by itself. */
import { describe, expect, it } from 'vitest';
import { type Story, tell } from './simulator/script.ts';

const MOMENTS = Array.from({ length: 120 }, (_, i) => 2 + i * 0.02);
const NO_FAILBACK = { autoFailback: false };

const serving = ({ world }: Story): boolean => {
  const last = world.writes.at(-1);
  return last !== undefined && last.node === world.state.primary && world.now - last.at < 500;
};
const epochs = ({ world }: Story): number[] => world.writes.map((write) => write.epoch);

describe('a supervisor that dies within a failover', () => {
  it('leaves one that ends by itself, whenever it was', () => {
    let resumed = 0;
    for (const at of MOMENTS) {
      const story = tell(`2.0 kill 0\n${at} die 400`, 14, 3, NO_FAILBACK);
      const { world, told } = story;
      expect(world.broken, `at ${at}`).toEqual([]);
      if (told.some((line) => line.includes('is taken up'))) resumed++;
      else if (world.state.primary === null) continue; // it died before it knew: nothing was under way
      expect(serving(story), `at ${at}:\n${told.join('\n')}`).toBe(true);
      expect([1, 2], `at ${at}`).toContain(world.state.primary);
      expect(world.state.nodes.get(0)?.attached, `at ${at}`).toBe(false);
      expect(epochs(story), `at ${at}`).toEqual(epochs(story).toSorted((a, b) => a - b));
    }
    expect(resumed).toBeGreaterThan(5);
  });

  it('takes the old primary back where nobody was promoted and it runs again', () => {
    const story = tell('2.0 kill 0\n2.1 kill 1\n5.0 die 1000\n5.5 start 0', 10, 2, NO_FAILBACK);
    expect(story.told).toContain(
      '6 the failover of node 0 that was under way when pgherd ended is taken up where it was blocked',
    );
    expect(story.world.state.primary).toBe(0);
    expect(serving(story)).toBe(true);
  });

  it('takes whom somebody else has promoted meanwhile', () => {
    const story = tell(
      '2.0 kill 0\n2.1 kill 1\n2.2 freeze 2\n5.0 die 1000\n5.5 thaw 2\n5.6 promote 2\n5.7 start 0',
      10,
    );
    expect(story.world.state).toMatchObject({ primary: 2, timeline: 2 });
    expect(serving(story)).toBe(true);
  });

  it('does not replace a primary that only its supervisor cannot reach', () => {
    const { world, told } = tell('2.0 hide 0\n3.0 check 0\n6.0 die 500\n12.0 show 0', 15);
    expect(told.filter((line) => line.includes('still receive from it'))).toHaveLength(2);
    expect(world.state.primary).toBe(0);
    expect(world.writes.at(-1)?.timeline).toBe(1);
  });

  it('remembers what an operator left out, and on which timeline the herd is', () => {
    const { world, told } = tell('2.0 detach 2\n3.0 die 500', 8);
    expect(world.state.nodes.get(2)).toMatchObject({ attached: false, byOperator: true });
    expect(told.filter((line) => line.includes('attached: it answers'))).toEqual([]);

    const left = tell('2.0 kill 0\n6.0 kill 1\n6.0 kill 2\n6.1 die 500\n6.4 start 0', 12);
    expect(left.world.state.primary).toBeNull(); // it is the old primary, and lacks what was acknowledged since
  });

  it('begins a new epoch, and knows its primary again', () => {
    const { world } = tell('2.0 die 500', 5);
    expect(world.state).toMatchObject({ primary: 0, recalled: false });
    expect(world.state.epoch).toBeGreaterThan(1);
    expect(world.broken).toEqual([]);
  });
});

describe('a supervisor that dies within a switchover', () => {
  it('leaves a herd that serves, with all its nodes, whenever it was', () => {
    const ends = new Map<number, number>();
    for (const at of MOMENTS) {
      const story = tell(`2.0 switchover 1\n${at} die 400`, 16, 3, NO_FAILBACK);
      const { world, told } = story;
      expect(world.broken, `at ${at}`).toEqual([]);
      expect(serving(story), `at ${at}:\n${told.join('\n')}`).toBe(true);
      const { primary } = world.state;
      ends.set(primary as number, (ends.get(primary as number) ?? 0) + 1);
      expect([0, 1], `at ${at}`).toContain(primary);
      for (const server of world.servers) {
        expect(server.up, `node ${server.id} at ${at}`).toBe(true);
        expect(server.inRecovery, `node ${server.id} at ${at}`).toBe(server.id !== primary);
        expect(world.state.nodes.get(server.id)?.attached, `node ${server.id} at ${at}`).toBe(true);
      }
    }
    expect(Math.min(ends.get(0) ?? 0, ends.get(1) ?? 0)).toBeGreaterThan(5);
  });

  it('before it closed the epoch leaves the primary where it is, whoever is heard first', () => {
    let resumed = 0;
    for (let at = 2; at < 2.1; at += 0.001) {
      const { world, told } = tell(`2.0 switchover 1\n${at} die 400`, 8, 3, NO_FAILBACK);
      if (!told.some((line) => line.endsWith('is taken up where it was switching'))) continue;
      resumed++;
      expect(world.state, told.join('\n')).toMatchObject({ primary: 0, timeline: 1 });
      expect(told.filter((line) => line.includes('is detached'))).toEqual([]);
      expect(world.writes.at(-1)?.at).toBeGreaterThan(7_500);
    }
    expect(resumed).toBeGreaterThan(5);
  });

  it('whose old primary cannot be started again becomes a failover', () => {
    const story = tell('2.0 switchover 1\n2.65 die 400\n2.8 off 0', 20);
    expect(story.told.some((line) => line.includes('could not be started again'))).toBe(true);
    expect([1, 2]).toContain(story.world.state.primary);
    expect(serving(story)).toBe(true);
  });
});
