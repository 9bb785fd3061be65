import { describe, expect, it, vi } from 'vitest';
import { endOfWritten, Positions, parseLsn } from './positions.ts';

const answer = (...row: (string | null)[]) => ({ rows: [row], error: null, failedAt: null });

describe('the end of what was written', () => {
  const MB = 1024n * 1024n;
  it.each([
    ['in the middle of a page', '0/3000168', '0/3000168'],
    ['where a page ends', '0/3002018', '0/3002000'],
    ['where a segment ends', '0/4000028', '0/4000000'],
    ['40 bytes into a page', '0/3002028', '0/3002028'],
    ['in a high log', 'A/F0004018', 'A/F0004000'],
  ])('%s: %s is %s', (_where, insert, end) => {
    expect(endOfWritten(parseLsn(insert), 8192n, 16n * MB)).toBe(parseLsn(end));
  });

  it('goes by the size of the server’s pages', () => {
    expect(endOfWritten(parseLsn('0/3002018'), 16384n, 16n * MB)).toBe(parseLsn('0/3002018'));
  });
});

describe('positions', () => {
  it('one question serves all who ask at the same time, and none who asks later', async () => {
    const answers: ((lsn: string) => void)[] = [];
    const positions = new Positions({
      primary: 0,
      query: () =>
        new Promise((resolve) => answers.push((lsn) => resolve(answer(lsn, '00000001', '8192', '16777216', lsn)))),
      replayed() {},
    });
    const first = positions.position();
    const second = positions.position();
    const third = positions.position();
    expect(answers).toHaveLength(1);
    answers[0]?.('0/100');
    expect(await first).toBe(0x100n);
    await vi.waitFor(() => expect(answers).toHaveLength(2));
    answers[1]?.('0/200');
    expect(await Promise.all([second, third])).toEqual([0x200n, 0x200n]);
  });

  it('a standby is asked until it has it, or the time is over', async () => {
    const lsns = ['0/50', '0/60', '0/100'];
    const seen: bigint[] = [];
    const positions = new Positions({
      primary: 0,
      query: async () => answer(lsns.shift() ?? '0/100'),
      replayed: (_node, position) => seen.push(position),
    });
    await positions.replayed(1, 0x100n, 5_000);
    expect(seen).toEqual([0x50n, 0x60n, 0x100n]);
    await positions.replayed(1, 0x90n, 5_000);
    expect(seen).toHaveLength(3);
    await positions.replayed(1, 0x200n, 30);
    expect(seen.every((position) => position <= 0x100n)).toBe(true);
  });

  it('what the primary has not flushed is flushed when a standby waits for it', async () => {
    const asked: string[] = [];
    let replayed = '0/100';
    const positions = new Positions({
      primary: 0,
      query: async (nodeId, sql) => {
        asked.push(sql);
        if (sql.includes('txid_current')) replayed = '0/180';
        return nodeId === 0 ? answer('0/180', '00000001', '8192', '16777216', '0/100') : answer(replayed);
      },
      replayed() {},
    });
    expect(await positions.position()).toBe(0x180n);
    await positions.replayed(1, 0x180n, 5_000);
    expect(asked.filter((sql) => sql.includes('txid_current'))).toHaveLength(1);
  });

  it('but not while a standby has yet to replay what was flushed', async () => {
    const asked: string[] = [];
    const positions = new Positions({
      primary: 0,
      query: async (nodeId, sql) => {
        asked.push(sql);
        return nodeId === 0 ? answer('0/180', '00000001', '8192', '16777216', '0/100') : answer('0/80');
      },
      replayed() {},
    });
    await positions.position();
    await positions.replayed(1, 0x180n, 30);
    expect(asked.some((sql) => sql.includes('txid_current'))).toBe(false);
  });

  it.each([
    ['is not there', 'none', null],
    ['cannot be asked', 'refused', 0],
    ['does not answer', 'silent', 0],
  ])('of a primary that %s are not known', async (_why, how, primary) => {
    const positions = new Positions({
      primary,
      query: () => (how === 'silent' ? new Promise(() => {}) : Promise.reject(new Error('refused'))),
      replayed() {},
    });
    expect(await positions.position()).toBeNull();
  });
});
