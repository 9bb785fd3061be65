/** Bringing versions to proxies: all or one by one, refused, drifted, and with the console dying at every step of it. */
import { afterEach, describe, expect, test } from 'vitest';
import type { ApplyRunView } from '../../shared/live/topics.ts';
import { TestConsole, until } from '../testing/test-console.ts';
import { ApplyRuns } from './apply-runs.ts';
import { Versions } from './versions.ts';

const homes: TestConsole[] = [];
afterEach(async () => {
  for (const home of homes.splice(0)) await home.close();
});

const author = { id: null, name: 'ada' };
const OLD = 'port = 9999\n';
const NEW = 'port = 9999\nnum_init_children = 64\n';

async function herdOf(engines: number, overrides = {}) {
  const home = await TestConsole.open(overrides);
  homes.push(home);
  const clusterId = await home.cluster('herd', 'development', engines);
  const { links } = home.app.engines.cluster(clusterId);
  await until('the engines are heard', () => links.every(({ connection }) => connection === 'up'));
  for (const { operations } of home.engines)
    operations.configuration.texts = { 'pgpool.conf': OLD, 'pool_hba.conf': '' };
  const versions = new Versions(home.app.prisma, home.app.keyring, clusterId);
  const base = { author, reason: 'r', source: 'ui', rollbackOf: null } as const;
  const one = await versions.create({ ...base, files: { 'pgpool.conf': OLD, 'pool_hba.conf': '' }, parentId: null });
  await versions.setWanted(one.id);
  for (const [i, link] of links.entries()) {
    const state = home.engines[i]?.operations.configuration.state();
    await versions.noteHash(one.id, link.place.id, state?.fileHash ?? '', state?.keyId ?? '');
  }
  const two = await versions.create({ ...base, files: { 'pgpool.conf': NEW, 'pool_hba.conf': '' }, parentId: one.id });
  return { home, clusterId, versions, one, two };
}

const ended = (runs: ApplyRuns, id: string): Promise<ApplyRunView> =>
  until('the run ends', async () => {
    const view = await runs.view(id);
    return view !== null && view.state !== 'running' ? view : null;
  });

const textOf = (home: TestConsole, at: number): string =>
  home.engines[at]?.operations.configuration.texts['pgpool.conf'] ?? '';

describe('a version', () => {
  test('reaches all proxies at once, is read back, and is what is wanted then', async () => {
    const { home, clusterId, versions, two } = await herdOf(2);
    const { runs } = home.app;
    const id = await runs.start({
      clusterId,
      versionId: two.id,
      strategy: 'all',
      by: author,
      only: null,
      overwriteDrift: false,
    });
    const view = await ended(runs, id);
    expect(view).toMatchObject({
      state: 'done',
      error: null,
      outcome: { 'herd-1': 'inStep', 'herd-2': 'inStep' },
      version: 2,
    });
    expect(view.steps.map(({ state }) => state)).toEqual(Array(10).fill('done'));
    expect([textOf(home, 0), textOf(home, 1)]).toEqual([NEW, NEW]);
    expect((await versions.wanted())?.number).toBe(2);
    const status = await until('in step', () => {
      const seen = home.app.hub.of(clusterId)?.status;
      return seen?.configuration.state === 'inStep' && seen.configuration.wantedNumber === 2 ? seen : null;
    });
    expect(status.problems).toEqual([]);
  });

  test('one by one stops at the first that refuses; the others stay as they were, and what is wanted does', async () => {
    const { home, clusterId, versions, two } = await herdOf(2);
    const { runs } = home.app;
    const first = home.engines[0]?.operations.configuration;
    if (first === undefined) throw new Error('no engine');
    const honest = first.apply.bind(first);
    first.apply = (version, by) => ({
      ...honest(version, by),
      outcome: 'rejected',
      errors: ['num_init_children: no.'],
    });
    const id = await runs.start({
      clusterId,
      versionId: two.id,
      strategy: 'oneByOne',
      by: author,
      only: null,
      overwriteDrift: false,
    });
    const view = await ended(runs, id);
    expect(view).toMatchObject({
      state: 'failed',
      error: 'herd-1: num_init_children: no.',
      outcome: { 'herd-1': 'rejected', 'herd-2': 'waiting' },
    });
    expect(textOf(home, 1)).toBe(OLD);
    expect((await versions.wanted())?.number).toBe(1);
    // The message stays until the next good apply.
    const problem = await until('the problem is listed', () =>
      home.app.hub.of(clusterId)?.status.problems.find(({ code }) => code === 'apply-failed'),
    );
    expect(problem).toMatchObject({ proxy: 'herd-1', cause: 'num_init_children: no.' });
    first.apply = honest;
    await ended(
      runs,
      await runs.start({
        clusterId,
        versionId: two.id,
        strategy: 'oneByOne',
        by: author,
        only: null,
        overwriteDrift: true,
      }),
    );
    await until('it is gone', () =>
      home.app.hub.of(clusterId)?.status.problems.every(({ code }) => code !== 'apply-failed'),
    );
  });

  test('does not overwrite what somebody changed by hand, unless it is told to', async () => {
    const { home, clusterId, two } = await herdOf(1);
    const { runs } = home.app;
    const engine = home.engines[0]?.operations.configuration;
    if (engine === undefined) throw new Error('no engine');
    engine.texts = { ...engine.texts, 'pgpool.conf': 'port = 9999\nmax_pool = 9 # by hand\n' };
    const wish = { clusterId, versionId: two.id, strategy: 'all', by: author, only: null } as const;
    const view = await ended(runs, await runs.start({ ...wish, overwriteDrift: false }));
    expect(view.error).toContain('changed outside of the console');
    expect(textOf(home, 0)).toContain('by hand');
    expect((await ended(runs, await runs.start({ ...wish, overwriteDrift: true }))).state).toBe('done');
    expect(textOf(home, 0)).toBe(NEW);
  });

  test('is not applied while another one is', async () => {
    const { home, clusterId, two } = await herdOf(1);
    const wish = {
      clusterId,
      versionId: two.id,
      strategy: 'all',
      by: author,
      only: null,
      overwriteDrift: false,
    } as const;
    const id = await home.app.runs.start(wish);
    await expect(home.app.runs.start(wish)).rejects.toThrow('being applied');
    await ended(home.app.runs, id);
  });

  test('is begun once when two begin at the same moment, and the one that lost leaves no version behind', async () => {
    const { home, clusterId, versions, two } = await herdOf(1);
    const wish = {
      clusterId,
      versionId: two.id,
      strategy: 'all',
      by: author,
      only: null,
      overwriteDrift: false,
    } as const;
    let made = 0;
    const begin = () =>
      home.app.runs.startNew(clusterId, null, async () => {
        made++;
        return wish;
      });
    const starts = await Promise.allSettled([begin(), begin(), begin()]);
    expect(starts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(made).toBe(1);
    const [run] = await home.app.prisma.applyRun.findMany();
    await ended(home.app.runs, run?.id ?? '');
    expect(await home.app.prisma.applyRun.count()).toBe(1);
    expect((await versions.wanted())?.number).toBe(2);
  });

  test('a draft that is saved while it is applied keeps what was saved', async () => {
    const { home, clusterId, versions } = await herdOf(1);
    const facts = { title: '', files: null, author, source: 'ui', rollbackOf: null } as const;
    const draft = await versions.createDraft(facts);
    const change = { files: { 'pgpool.conf': 'port = 9999\nmax_pool = 7\n' }, title: undefined, by: 'eve' };
    await versions.saveDraft(draft.id, draft.revision, change);
    await versions.closeDraft(draft.id, draft.revision);
    expect((await versions.draft(draft.id)).files).toContain('max_pool = 7');
    expect(clusterId).toBe((await home.app.prisma.draft.findFirst())?.clusterId);
  });

  test('the database fails in the middle: the run ends, the other proxy is done, and the next apply may begin', async () => {
    const { home, clusterId, two } = await herdOf(2);
    const { prisma, keyring, engines, hub, log } = home.app;
    let failing = 0;
    const sick = new Proxy(prisma, {
      get(target, name) {
        const model = Reflect.get(target, name) as object;
        if (name !== 'applyRun') return model;
        return new Proxy(model, {
          get(of, act) {
            const work = Reflect.get(of, act) as (...args: unknown[]) => unknown;
            if (act !== 'update') return work;
            // From the sixth write on three fail: in the middle of the steps, and at the first try to end the run.
            return (...args: unknown[]) =>
              ++failing >= 6 && failing <= 8
                ? Promise.reject(new Error('SQLITE_FULL: database or disk is full'))
                : work.apply(of, args);
          },
        });
      },
    });
    const runs = new ApplyRuns(sick, keyring, engines, hub, log);
    const wish = { clusterId, versionId: two.id, strategy: 'all', by: author, only: null } as const;
    const view = await ended(runs, await runs.start({ ...wish, overwriteDrift: false }));
    expect(view.state).toBe('failed');
    const again = await ended(runs, await runs.start({ ...wish, overwriteDrift: true }));
    expect(again.state).toBe('done');
    expect([textOf(home, 0), textOf(home, 1)]).toEqual([NEW, NEW]);
    await runs.close();
  });
});

describe('a console that dies', () => {
  test('goes on as it was wished: what somebody changed by hand meanwhile is not overwritten', async () => {
    const { home, clusterId, two } = await herdOf(1);
    const { prisma, keyring, engines, hub, log } = home.app;
    const outcome = { 'herd-1': 'waiting' };
    const steps = ['connect', 'check', 'apply', 'readBack', 'verify'].map((name) => ({
      ...{ proxy: 'herd-1', name, state: 'waiting', startedAt: null, endedAt: null, detail: '' },
    }));
    const { id } = await prisma.applyRun.create({
      data: {
        ...{ id: 'left-behind', clusterId, versionId: two.id, strategy: 'all', state: 'running', byName: 'ada' },
        steps: JSON.stringify({ steps, outcome, overwriteDrift: false }),
      },
    });
    const engine = home.engines[0]?.operations.configuration;
    if (engine === undefined) throw new Error('no engine');
    engine.texts = { ...engine.texts, 'pgpool.conf': 'port = 9999\nmax_pool = 9 # by hand\n' };
    const next = new ApplyRuns(prisma, keyring, engines, hub, log);
    await next.resume();
    expect((await ended(next, id)).error).toContain('changed outside of the console');
    expect(textOf(home, 0)).toContain('by hand');
  });

  // As many as a run over two proxies has; one more finds it over.
  test.each(Array.from({ length: 24 }, (_, at) => at))(
    'at write %i of an apply: the next one goes on, and every proxy is wholly on the new version',
    async (writes) => {
      const { home, clusterId, two } = await herdOf(2);
      const { prisma, keyring, engines, hub, log } = home.app;
      let left = writes;
      // From the moment of its death nothing of it happens any more: no write, no call.
      const dead = new Promise<never>(() => {});
      const dying = new Proxy(prisma, {
        get(target, name) {
          const model = Reflect.get(target, name) as object;
          if (name !== 'applyRun' && name !== 'cluster' && name !== 'versionHash') return model;
          return new Proxy(model, {
            get(of, act) {
              const work = Reflect.get(of, act) as (...args: unknown[]) => unknown;
              if (act !== 'update' && act !== 'upsert') return work;
              return (...args: unknown[]) => (left-- > 0 ? work.apply(of, args) : dead);
            },
          });
        },
      });
      const first = new ApplyRuns(dying, keyring, engines, hub, log);
      const id = await first.start({
        clusterId,
        versionId: two.id,
        strategy: 'all',
        by: author,
        only: null,
        overwriteDrift: false,
      });
      await until(
        'it died, or it is over',
        async () => left < 0 || (await home.app.runs.view(id))?.state !== 'running',
      );
      const second = new ApplyRuns(prisma, keyring, engines, hub, log);
      await second.resume();
      const view = await ended(second, id);
      expect(view.state).toBe('done');
      for (const at of [0, 1]) expect(textOf(home, at)).toBe(NEW);
      expect(await home.app.prisma.applyRun.count()).toBe(1);
      expect(await home.app.prisma.version.count()).toBe(2);
    },
  );
});
