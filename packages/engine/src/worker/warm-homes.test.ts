import { describe, expect, it, vi } from 'vitest';
import { FakeServer } from '../../test-support/fake-server.ts';
import type { Link } from '../backend/link.ts';
import { type Opened, WarmHomes } from './warm-homes.ts';

const NODE = 1;
const NEXT_TERM = 2;

function warmHomes(): { warm: WarmHomes; closed: Link[] } {
  const closed: Link[] = [];
  return { warm: new WarmHomes((link) => closed.push(link)), closed };
}

const server = (): FakeServer => new FakeServer(NODE);
const opening =
  (servers: readonly FakeServer[]) =>
  (place: number): Promise<Opened> =>
    Promise.resolve((servers[place] as FakeServer).link);

async function opened(count: number): Promise<{ warm: WarmHomes; closed: Link[]; servers: FakeServer[]; key: string }> {
  const servers = Array.from({ length: count }, server);
  const { warm, closed } = warmHomes();
  expect(await warm.open(NODE, [...servers.keys()], 1_000, opening(servers))).toBe(count);
  return { warm, closed, servers, key: (servers[0] as FakeServer).link.key };
}

describe('connections that are opened ahead of a switchover', () => {
  it('are given out once their node has become the primary, each once, and in no other term', async () => {
    const { warm, key, closed } = await opened(3);
    expect(warm.take(key, 1, true)).toBeNull();
    warm.herdChanged([0], null, 1); // the old primary is fenced
    expect(warm.take(key, 1, true)).toBeNull();
    warm.herdChanged([NODE], NODE, NEXT_TERM);
    expect(warm.take(key, 1, true)).toBeNull();
    const taken = [1, 2, 3, 4].map(() => warm.take(key, NEXT_TERM, true));
    expect(new Set(taken.slice(0, 3)).size).toBe(3);
    expect(taken[3]).toBeNull();
    expect(closed).toEqual([]);
  });

  it('outlive the end of their node’s term only when it becomes the primary, and only that one', async () => {
    const promoted = await opened(2);
    const link = (promoted.servers[0] as FakeServer).link;
    expect(promoted.warm.keeps(link)).toBe(true);
    expect(promoted.warm.keeps(server().link)).toBe(false);
    promoted.warm.herdChanged([NODE], NODE, NEXT_TERM);
    expect(promoted.warm.keeps(link)).toBe(true);
    promoted.warm.herdChanged([NODE], null, 1); // it is lost again
    expect(promoted.closed).toHaveLength(2);
    const other = await opened(2);
    other.warm.herdChanged([0, NODE], 2, 5);
    expect(other.closed).toHaveLength(2);
    expect(other.warm.keeps((other.servers[0] as FakeServer).link)).toBe(false);
  });

  it('are closed when nobody takes them', async () => {
    vi.useFakeTimers();
    try {
      const promoted = await opened(2);
      promoted.warm.herdChanged([NODE], NODE, NEXT_TERM);
      promoted.warm.take(promoted.key, NEXT_TERM, true);
      await vi.advanceTimersByTimeAsync(6_000);
      expect(promoted.closed).toHaveLength(1);
      const forgotten = await opened(2);
      await vi.advanceTimersByTimeAsync(61_000);
      expect(forgotten.closed).toHaveLength(2);
    } finally {
      vi.useRealTimers();
    }
  });

  it('go with a switchover that does not take place, and with the next one', async () => {
    const { warm, closed, servers } = await opened(2);
    await warm.open(NODE, [], 100, opening([]));
    expect(closed).toHaveLength(2);
    await warm.open(NODE, [0], 100, opening(servers));
    warm.drop();
    expect(closed).toHaveLength(3);
  });

  it('are no more than there was time for; one that comes late is closed', async () => {
    const { warm, closed } = warmHomes();
    const late = Promise.withResolvers<Opened>();
    let begun = 0;
    const found = await warm.open(NODE, Array.from({ length: 100 }), 20, () => {
      begun++;
      return late.promise;
    });
    expect(found).toBe(0);
    warm.drop();
    late.resolve(server().link);
    await vi.waitFor(() => expect(closed).toHaveLength(begun));
    expect(begun).toBeLessThan(10);
  });

  it('stop where the node takes no more, and make room in a server that says it is full', async () => {
    const servers = Array.from({ length: 20 }, server);
    const { warm, closed } = warmHomes();
    const asked: number[] = [];
    const left = await warm.open(NODE, [...servers.keys()], 1_000, (place) => {
      asked.push(place);
      return place < 10 ? opening(servers)(place) : Promise.resolve('full' as const);
    });
    expect(left).toBe(10 - closed.length);
    expect(closed.length).toBeGreaterThan(0);
    expect(asked.length).toBeLessThan(20);
  });

  it('pass over a session whose sign-in fails', async () => {
    const servers = [server(), server()];
    const { warm } = warmHomes();
    const open = (place: number): Promise<Opened> => (place === 0 ? Promise.resolve('skip') : opening(servers)(place));
    expect(await warm.open(NODE, [0, 1], 1_000, open)).toBe(1);
  });

  it('that their server has closed are not given out, nor their place kept', async () => {
    const { warm, servers, closed, key } = await opened(2);
    (servers[0] as FakeServer).channel.close();
    await vi.waitFor(() => expect(warm.size).toBe(1));
    expect(closed).toEqual([(servers[0] as FakeServer).link]);
    warm.herdChanged([NODE], NODE, NEXT_TERM);
    expect(warm.take(key, NEXT_TERM, true)).toBe((servers[1] as FakeServer).link);
    expect(warm.take(key, NEXT_TERM, true)).toBeNull();
  });
});
