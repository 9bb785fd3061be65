import { describe, expect, it } from 'vitest';
import { FakeServer } from '../../test-support/fake-server.ts';
import { objection, Proofs } from './proofs.ts';

const EXPECTED = { timeline: 2, systemIdentifier: '7' };

describe('a server', () => {
  it.each([
    ['is the one that is meant', { inRecovery: false, timeline: 2, systemIdentifier: '7' }, EXPECTED, null],
    ['is in recovery', { inRecovery: true, timeline: 2, systemIdentifier: '7' }, EXPECTED, /in recovery/],
    [
      'is the old primary',
      { inRecovery: false, timeline: 1, systemIdentifier: '7' },
      EXPECTED,
      /timeline 1 instead of 2/,
    ],
    ['is a stranger', { inRecovery: false, timeline: 2, systemIdentifier: '8' }, EXPECTED, /another system/],
    [
      'is asked only what was recorded',
      { inRecovery: false, timeline: 9, systemIdentifier: '8' },
      { timeline: null, systemIdentifier: null },
      null,
    ],
    [
      'may keep to itself what it may not say',
      { inRecovery: false, timeline: undefined, systemIdentifier: undefined },
      EXPECTED,
      null,
    ],
  ])('%s', (_what, shown, expected, wanted) => {
    const found = objection(shown, expected);
    if (wanted === null) expect(found).toBeNull();
    else expect(found).toMatch(wanted);
  });
});

describe('a proof', () => {
  const servers = (count: number): FakeServer[] =>
    Array.from({ length: count }, () => {
      const server = new FakeServer(0);
      server.answersAtOnce = true;
      return server;
    });
  const questions = (all: readonly FakeServer[]): number => all.reduce((sum, { ran }) => sum + ran.length, 0);

  it('is asked once for a burst of connections, and again when the one that gave it is gone', async () => {
    const proofs = new Proofs();
    const first = servers(20);
    const found = await Promise.all(first.map(({ link }) => proofs.prove(link, EXPECTED)));
    expect(found.every((one) => one === null)).toBe(true);
    expect(questions(first)).toBe(1);
    const next = servers(2);
    expect(await proofs.prove((next[0] as FakeServer).link, EXPECTED)).toBeNull();
    expect(questions(next)).toBe(0);
    for (const { channel } of first) channel.close();
    expect(await proofs.prove((next[1] as FakeServer).link, EXPECTED)).toBeNull();
    expect(questions(next)).toBe(1);
  });

  it('holds for what was asked: another timeline is asked for anew', async () => {
    const proofs = new Proofs();
    const [one, two] = servers(2) as [FakeServer, FakeServer];
    await proofs.prove(one.link, EXPECTED);
    await proofs.prove(two.link, { ...EXPECTED, timeline: 3 });
    expect(questions([one, two])).toBe(2);
  });

  it('is not given by a server that errs or goes', async () => {
    const proofs = new Proofs();
    const [silent] = servers(1) as [FakeServer];
    silent.answersAtOnce = false;
    const asked = proofs.prove(silent.link, EXPECTED);
    silent.channel.close();
    expect(await asked).toMatch(/did not say what it is/);
  });

  it('is not asked for where nothing was recorded', async () => {
    const proofs = new Proofs();
    const [one] = servers(1) as [FakeServer];
    expect(await proofs.prove(one.link, { timeline: null, systemIdentifier: null })).toBeNull();
    expect(one.ran).toEqual([]);
  });
});
