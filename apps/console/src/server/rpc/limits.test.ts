/** What tokens, viewers and strangers do not get, and what of it is written down. Names carry the rows of docs/security-tests.md. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Permission } from '../../shared/permissions.ts';
import { invite } from '../people/accounts.ts';
import { callerOfCookie, callerOfToken } from '../people/caller.ts';
import { PASSWORD, type Person, TestConsole, until } from '../testing/test-console.ts';
import { createCallerFactory } from './base.ts';
import { OPEN_MAX } from './live/watch.ts';
import { appRouter } from './router.ts';

let home: TestConsole;
let clusterId = '';
let other = '';
let admin: Person;
let viewer: Person;
beforeAll(async () => {
  home = await TestConsole.open();
  clusterId = await home.cluster('herd', 'development', 1);
  other = await home.cluster('other', 'development', 1);
  admin = await home.person('ada', { admin: true });
  viewer = await home.person('vera', { grants: { [clusterId]: { roles: ['viewer'] } } });
  const { links } = home.app.engines.cluster(clusterId);
  await until('the engine is heard', () => links.every(({ connection }) => connection === 'up'));
});
afterAll(() => home.close());

const CONTEXT = { address: '192.0.2.9', userAgent: 'test', door: 'trpc', origin: 'http://localhost' } as const;
const makeCaller = createCallerFactory(appRouter);
const as = ({ cookie }: Person) =>
  makeCaller({
    console: home.app,
    caller: () => callerOfCookie(home.app.prisma, cookie),
    ...{ ...CONTEXT, setSession: () => {} },
  });

async function byToken(scopes: readonly Permission[], clusters: readonly string[] = []) {
  const token = await home.token(admin.id, scopes);
  const row = await home.app.prisma.apiToken.findFirstOrThrow({ orderBy: { createdAt: 'desc' } });
  await home.app.prisma.apiToken.updateMany({ where: { id: row.id }, data: { clusters: clusters.join(',') } });
  const api = makeCaller({
    console: home.app,
    caller: () => callerOfToken(home.app.prisma, token),
    ...{ ...CONTEXT, setSession: () => {} },
  });
  return { api, id: row.id };
}

const stranger = () =>
  makeCaller({ console: home.app, caller: () => Promise.resolve(null), ...{ ...CONTEXT, setSession: () => {} } });

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: { cause?: { code?: string } }) => error.cause?.code ?? 'unknown',
  );

describe('a token (3.5, 3.9)', () => {
  test('is no person: it does not touch the account, its sign-ins or its tokens', async () => {
    const { api, id } = await byToken(['view']);
    const [session] = await home.app.prisma.session.findMany({ where: { userId: admin.id } });
    const refused = [
      api.auth.setPreferences({ theme: 'dark' }),
      api.auth.enableSecondFactor({ code: '123456' }),
      api.auth.endMySignIn({ id: session?.id ?? '' }),
      api.tokens.revoke({ id }),
      api.tokens.list(),
    ];
    expect(await Promise.all(refused.map(codeOf))).toEqual(refused.map(() => 'SESSION_NEEDED'));
    expect((await home.app.prisma.session.findUnique({ where: { id: session?.id ?? '' } }))?.revokedAt).toBeNull();
    expect((await home.app.prisma.apiToken.findUnique({ where: { id } }))?.revokedAt).toBeNull();
  });

  test('with the scope for it lists and ends tokens', async () => {
    const { api, id } = await byToken(['tokens']);
    expect((await api.tokens.list()).map((token) => token.id)).toContain(id);
    expect(await codeOf(api.tokens.revoke({ id }))).toBe('done');
  });

  test('for one cluster reaches neither the others nor the console as a whole', async () => {
    await codeOf(as(viewer).act.begin({ cluster: 'other', wish: { act: 'attach', node: 1 } }));
    const all = await byToken(['view', 'audit.read', 'audit.export', 'users', 'clusters', 'tokens']);
    expect((await all.api.audit.list({})).some(({ cluster }) => cluster !== 'herd')).toBe(true);
    const { api } = await byToken(['view', 'audit.read', 'audit.export', 'users', 'clusters', 'tokens'], [clusterId]);
    expect((await api.audit.list({})).filter(({ cluster }) => cluster !== 'herd')).toEqual([]);
    expect((await api.audit.export({ format: 'json' })).text).not.toContain('"cluster": "other"');
    expect((await api.settings.about()).proxies.map(({ cluster }) => cluster)).toEqual(['herd']);
    for (const work of [api.people.list(), api.clusters.list(), api.tokens.list()]) {
      expect(['PERMISSION', 'SESSION_NEEDED']).toContain(await codeOf(work));
    }
    const foreign = {
      name: 'x',
      controlUrl: 'http://127.0.0.1:9',
      token: 'a-token-of-sorts',
    };
    expect(await codeOf(api.clusters.testProxy(foreign))).toBe('PERMISSION');
  });
});

describe('what is refused is written down (3.5, 3.15)', () => {
  test('with the cluster that it was about, so that those who answer for that cluster see it', async () => {
    await codeOf(as(viewer).config.drafts.create({ cluster: 'herd' }));
    await codeOf(as(viewer).config.drafts.create({ cluster: 'other' }));
    const rows = await home.app.prisma.auditEntry.findMany({
      where: { action: 'config.drafts.create', actor: 'vera' },
      orderBy: { seq: 'asc' },
    });
    expect(rows.map((row) => [row.result, row.clusterId])).toEqual([
      ['refused', clusterId],
      ['refused', other],
    ]);
  });

  test('a topic that takes more than view too, however it is asked for', async () => {
    expect(await codeOf(as(viewer).live.snapshot({ cluster: 'herd', topic: 'logs' }))).toBe('PERMISSION');
    expect(await codeOf(as(viewer).live.watch({ cluster: 'herd', topic: 'logs' }))).toBe('PERMISSION');
    const rows = await home.app.prisma.auditEntry.findMany({ where: { actor: 'vera', result: 'refused' } });
    expect(rows.map(({ action }) => action)).toEqual(expect.arrayContaining(['live.snapshot', 'live.watch']));
  });

  test('a password in an address is not', async () => {
    const place = { controlUrl: 'https://ada:canary-in-a-url@db1:9897', token: 'a-token-of-sorts' };
    expect(await codeOf(as(admin).clusters.testProxy(place))).toBe('CONTROL_URL');
    const row = await home.app.prisma.auditEntry.findFirstOrThrow({
      where: { action: 'clusters.testProxy', actor: 'ada' },
      orderBy: { seq: 'desc' },
    });
    expect(row.details).toContain('db1:9897');
    expect(row.details).not.toContain('canary-in-a-url');
  });

  test('whoever uses a one-time link does not choose the name that is written down', async () => {
    const person = await home.person('irene');
    const token = await invite(home.app.prisma, { userId: person.id, admin: false });
    await stranger().auth.accept({ token, name: 'ada', password: 'another long password' });
    const row = await home.app.prisma.auditEntry.findFirstOrThrow({ where: { action: 'auth.accept', result: 'done' } });
    expect([row.actor, row.actorId]).toEqual(['irene', person.id]);
    expect(await codeOf(stranger().auth.accept({ token, name: 'ada', password: 'another long password' }))).toBe(
      'INVITATION_ENDED',
    );
    expect(await home.app.prisma.auditEntry.count({ where: { action: 'auth.accept', result: 'refused' } })).toBe(1);
  });
});

describe('a viewer (3.14, 3.17)', () => {
  test('does not send the proxies knocking at hosts of its choice', async () => {
    const engine = home.engines[0]?.operations.configuration;
    if (engine === undefined) throw new Error('no engine');
    const asked: boolean[] = [];
    const honest = engine.check.bind(engine);
    engine.check = (draft) => {
      asked.push(draft.testNodes);
      return honest(draft);
    };
    const files = { 'pgpool.conf': "backend_hostname0 = '169.254.169.254'\n" };
    await as(viewer).config.check({ cluster: 'herd', files, testNodes: true });
    await as(admin).config.check({ cluster: 'herd', files, testNodes: true });
    expect(asked).toEqual([false, true]);
  });

  test('without view.logs gets no output of operations: not live, by polling, in the status, in reports, from an act', async () => {
    const CANARY = 'canary printed by a command';
    const { operations } = home.engines[0] ?? {};
    if (operations === undefined) throw new Error('no engine');
    const reader = await home.person('rita', { grants: { [clusterId]: { roles: ['viewer'], extra: ['view.logs'] } } });
    const begun = operations.begin({ act: 'recover', node: 1 }, { door: 'control', user: 'ada', address: '' });
    const running = { ...begun, output: [CANARY] };
    operations.change(running);
    const seen = async (person: Person): Promise<string[]> => {
      const api = as(person);
      const cluster = 'herd';
      const live: unknown[] = [];
      for (const topic of ['operations', 'status'] as const) {
        const messages = (await api.live.watch({ cluster, topic }))[Symbol.asyncIterator]();
        live.push((await messages.next()).value);
        if (topic === 'operations') {
          operations.change({ ...running, output: [CANARY, `${CANARY} again`] });
          live.push((await messages.next()).value);
        }
        await messages.return?.();
        live.push(await api.live.snapshot({ cluster, topic }));
      }
      return [...live, await api.herd.status({ cluster }), await api.herd.reports({ cluster })].map((one) =>
        JSON.stringify(one),
      );
    };
    await until('it runs, with its output', () => home.app.hub.of(clusterId)?.status.running[0]?.output[0] === CANARY);
    expect((await seen(reader)).slice(0, -1).every((text) => text.includes(CANARY))).toBe(true);
    expect((await seen(viewer)).filter((text) => text.includes(CANARY))).toEqual([]);
    operations.change({ ...running, state: 'done', endedAt: running.startedAt });
    await until('the report is kept', () =>
      home.app.prisma.operationReport.findFirst({ where: { engineId: begun.id, operation: { contains: CANARY } } }),
    );
    expect(JSON.stringify(await as(reader).herd.reports({ cluster: 'herd' }))).toContain(CANARY);
    expect(JSON.stringify(await as(viewer).herd.reports({ cluster: 'herd' }))).not.toContain(CANARY);
    const { api } = await byToken(['view', 'node.recover']);
    operations.change(running);
    await until('it runs again', () =>
      home.app.hub
        .of(clusterId)
        ?.operations()
        .some(({ state }) => state === 'running'),
    );
    expect(JSON.stringify(await api.act.cancel({ cluster: 'herd', id: begun.id }))).not.toContain(CANARY);
  });
});

test('3.5: what belongs to another cluster is not found by its id, whoever asks', async () => {
  const api = as(admin);
  await until('both answer', () =>
    home.app.engines.clusters.every(({ links }) => links.every(({ connection }) => connection === 'up')),
  );
  await api.config.versions.importRunning({ cluster: 'other' });
  const draft = await api.config.drafts.create({ cluster: 'other', title: 'theirs' });
  const kept = await api.config.cases.save({
    cluster: 'other',
    name: 'theirs',
    question: { sql: 'select 1', database: 'd', user: 'u' },
    expected: [1],
  });
  const { run } = await api.config.applyDraft({ cluster: 'other', id: draft.id, revision: 1, reason: 'r' });
  const open = await api.config.drafts.create({ cluster: 'other', title: 'theirs too' });
  const { id, revision } = open;
  const cluster = 'herd';
  const files = { 'pgpool.conf': 'port = 1\n' };
  expect(
    await Promise.all(
      [
        api.config.drafts.get({ cluster, id }),
        api.config.drafts.save({ cluster, id, revision, files }),
        api.config.drafts.rebase({ cluster, id, revision }),
        api.config.drafts.discard({ cluster, id }),
        api.config.applyDraft({ cluster, id, revision, reason: 'r' }),
        api.config.runs.get({ cluster, id: run }),
        api.config.versions.get({ cluster, number: 1 }),
        api.config.versions.rollback({ cluster, number: 1, reason: 'r' }),
      ].map(codeOf),
    ),
  ).toEqual(['NO_DRAFT', 'NO_DRAFT', 'NO_DRAFT', 'NO_DRAFT', 'NO_DRAFT', 'NO_RUN', 'NO_VERSION', 'NO_VERSION']);
  await api.config.cases.delete({ cluster, id: kept.id });
  expect(await home.app.prisma.routingCase.count({ where: { id: kept.id } })).toBe(1);
  expect((await api.config.runs.stop({ cluster, id: run })).stopped).toBe(false);
  expect((await api.config.drafts.get({ cluster: 'other', id })).title).toBe('theirs too');
  // Somebody else's sign-in and token, as one who is no administrator.
  const { id: tokenId } = await byToken(['view']);
  const [session] = await home.app.prisma.session.findMany({ where: { userId: admin.id } });
  expect(await codeOf(as(viewer).tokens.revoke({ id: tokenId }))).toBe('NO_TOKEN');
  await as(viewer).auth.endMySignIn({ id: session?.id ?? '' });
  expect((await home.app.prisma.session.findUnique({ where: { id: session?.id ?? '' } }))?.revokedAt).toBeNull();
});

test('3.9: tries at once from one address are counted, whatever names they give, and so are confirmations', async () => {
  const guess = (name: string): Promise<string> => codeOf(stranger().auth.signIn({ name, password: 'wrong' }));
  const codes = await Promise.all(Array.from({ length: 45 }, (_, i) => guess(`name-${i}`)));
  expect(codes.filter((code) => code === 'WRONG_SIGN_IN').length).toBeLessThanOrEqual(30);
  await home.app.prisma.loginFailure.deleteMany();
  const confirmed = await Promise.all(
    Array.from({ length: 15 }, () => codeOf(as(viewer).auth.confirm({ password: 'wrong' }))),
  );
  expect(confirmed.filter((code) => code === 'WRONG_SIGN_IN').length).toBeLessThanOrEqual(5);
  await home.app.prisma.loginFailure.deleteMany();
  expect(PASSWORD).not.toBe('wrong');
}, 20_000);

test('3.9: guesses that are not even looked at do not fill the audit log', async () => {
  for (let i = 0; i < 30; i++) await codeOf(stranger().auth.signIn({ name: 'flood', password: `wrong ${i}` }));
  const noted = await home.app.prisma.auditEntry.count({ where: { action: 'auth.signIn', actor: 'flood' } });
  expect(noted).toBeGreaterThanOrEqual(5);
  expect(noted).toBeLessThanOrEqual(6);
  await home.app.prisma.loginFailure.deleteMany();
});

test('one sign-in has a bounded number of subscriptions open', async () => {
  const person = await home.person('sue', { grants: { [clusterId]: { roles: ['viewer'] } } });
  const api = as(person);
  const begin = async () => {
    const messages = (await api.live.watch({ cluster: 'herd', topic: 'events' }))[Symbol.asyncIterator]();
    await messages.next();
    return messages;
  };
  const open = [];
  for (let i = 0; i < OPEN_MAX; i++) open.push(await begin());
  expect(await codeOf(begin())).toBe('TOO_MANY_SUBSCRIPTIONS');
  await open.pop()?.return?.();
  expect(await codeOf(begin().then((messages) => open.push(messages)))).toBe('done');
  for (const messages of open) await messages.return?.();
}, 20_000);
