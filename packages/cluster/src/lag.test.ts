import { describe, expect, it } from 'vitest';
import { lagOfPrimary, lagOfStandby, NO_LAG_KNOWN } from './lag.ts';
import { formatLsn, parseLsn } from './lsn.ts';
import type { Replica, Replication } from './probe.ts';

const said = (position: string | null, replicas: readonly Replica[] = [], systemIdentifier = '1'): Replication => ({
  position,
  received: null,
  timeline: null,
  systemIdentifier,
  replicas,
  upstream: null,
  syncStandbyNames: '',
  subscriptions: 0,
});
const row = (applicationName: string, over: Partial<Replica> = {}): Replica => ({
  applicationName,
  state: 'streaming',
  syncState: 'async',
  replayLsn: '0/100',
  replayLagMs: null,
  clientAddress: '',
  replays: true,
  ...over,
});

describe('a position', () => {
  it.each(['0/0', '0/3000148', 'A/FFFFFFFF', '16/B374D848', 'FFFFFFFF/FFFFFFFF'])('%s is itself', (text) => {
    expect(formatLsn(parseLsn(text) ?? -1n)).toBe(text);
  });

  it.each(['', '0', '0/', '/1', 'x/1', '0/123456789', '1/2/3', ' 0/1'])('%j is none', (text) => {
    expect(parseLsn(text)).toBeNull();
  });
});

describe('lag in bytes', () => {
  it('is exact across the 4 GiB boundary', () => {
    expect(lagOfStandby(said('1/0'), said('0/FFFFFFFE'), '').bytes).toBe(2);
  });

  it('is never negative: a standby may be asked a moment after the primary', () => {
    expect(lagOfStandby(said('0/10'), said('0/20'), '').bytes).toBe(0);
  });

  it('is not known when one of them did not answer, or replays another database', () => {
    expect(lagOfStandby(null, said('0/10'), '')).toMatchObject({ bytes: null, replayLsn: '0/10' });
    expect(lagOfStandby(said('0/10'), null, '').bytes).toBeNull();
    expect(lagOfStandby(said('0/10'), said(null), '').bytes).toBeNull();
    expect(lagOfStandby(said('0/10'), said('0/9', [], '2'), '').bytes).toBeNull();
  });

  it('of the primary is zero, and its position is its own', () => {
    expect(lagOfPrimary(said('0/10'))).toEqual({ ...NO_LAG_KNOWN, bytes: 0, ms: 0, replayLsn: '0/10' });
    expect(lagOfPrimary(null).bytes).toBe(0);
  });
});

describe('lag in time', () => {
  it('comes from the row with the name of the node, and so do the states', () => {
    const rows = [row('other', { replayLagMs: 9 }), row('server1', { replayLagMs: 3.5, syncState: 'sync' })];
    expect(lagOfStandby(said('0/200', rows), said('0/100'), 'server1')).toEqual({
      bytes: 256,
      ms: 3.5,
      replayLsn: '0/100',
      state: 'streaming',
      syncState: 'sync',
    });
  });

  it('is not known without a name or a row', () => {
    const rows = [row('', { replayLagMs: 9 })];
    for (const name of ['', 'server1']) {
      expect(lagOfStandby(said('0/200', rows), said('0/100'), name)).toMatchObject({ ms: null, state: '' });
    }
  });

  it('is zero when the server measured none and the standby has all, else unknown', () => {
    const lag = (position: string) => lagOfStandby(said(position, [row('a')]), said('0/100'), 'a').ms;
    expect(lag('0/100')).toBe(0);
    expect(lag('0/200')).toBeNull();
  });

  it('of two standbys with one name is that of the slower one', () => {
    const rows = [row('a', { replayLagMs: 1 }), row('a', { replayLagMs: 7 }), row('a', { replayLagMs: 2 })];
    expect(lagOfStandby(said('0/200', rows), said('0/100'), 'a').ms).toBe(7);
  });

  it('and the states stay empty for a user who may not see them', () => {
    const rows = [row('a', { state: null, syncState: null, replayLsn: null })];
    expect(lagOfStandby(said('0/200', rows), said('0/100'), 'a')).toMatchObject({
      bytes: 256,
      ms: null,
      state: '',
      syncState: '',
    });
  });
});
