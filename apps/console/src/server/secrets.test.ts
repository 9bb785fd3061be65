/** Secrets as canaries: planted where they may be, looked for everywhere else. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callerOfCookie } from './people/caller.ts';
import { createCallerFactory, type Meta } from './rpc/base.ts';
import { appRouter } from './rpc/router.ts';
import { PASSWORD, type Person, TestConsole, until } from './testing/test-console.ts';

/** What the engine's fake holds, what is typed in here, and what guards the console itself. */
const CANARIES = ['canary-in-the-mine', 'canary-typed-in', PASSWORD];
let home: TestConsole;
let admin: Person;
let clusterId = '';
beforeAll(async () => {
  home = await TestConsole.open();
  clusterId = await home.cluster('herd');
  admin = await home.person('ada', { admin: true });
  await until('the engine is heard', () => home.app.engines.cluster(clusterId).links[0]?.connection === 'up');
});
afterAll(() => home.close());

const caller = () =>
  createCallerFactory(appRouter)({
    console: home.app,
    caller: () => callerOfCookie(home.app.prisma, admin.cookie),
    ...{ address: '127.0.0.1', userAgent: 'test', door: 'trpc', origin: 'http://localhost', setSession: () => {} },
  });

test('3.10, 3.15: no secret is in an answer, in a row, in the audit log or in the log', async () => {
  const api = caller();
  const cluster = 'herd';
  await api.config.versions.importRunning({ cluster });
  const { reference } = await api.config.secrets.set({ cluster, name: 'sr_check_password', value: 'canary-typed-in' });
  const draft = await api.config.drafts.create({ cluster, title: 't' });
  const files = {
    'pgpool.conf': `port = 9999\nsr_check_password = 'canary-typed-in'\nhealth_check_password0 = '${reference}'\n`,
  };
  const saved = await api.config.drafts.save({ cluster, id: draft.id, revision: draft.revision, files });
  await api.config.check({ cluster, files });
  const { run } = await api.config.applyDraft({
    cluster,
    id: draft.id,
    revision: saved.revision,
    reason: 'canaries',
    overwriteDrift: true,
  });
  await until('applied', async () => (await api.config.runs.get({ cluster, id: run })).state !== 'running');
  const said: string[] = [JSON.stringify(saved)];

  // Every query there is, as the one who may ask most.
  const procedures = Object.entries(
    appRouter._def.procedures as unknown as Record<string, { _def: { type: string; meta?: Meta } }>,
  );
  const inputs: Record<string, unknown> = {
    'config.versions.get': { cluster, number: 2 },
    'config.versions.compare': { cluster, from: 1, to: 2 },
    'config.runs.get': { cluster, id: run },
    'config.check': { cluster, files },
    'live.snapshot': { cluster, topic: 'status' },
  };
  for (const [path] of procedures.filter(([, { _def }]) => _def.type === 'query')) {
    const work = path.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], api) as (
      input: unknown,
    ) => Promise<unknown>;
    const answer = await work(
      inputs[path] ??
        (path.startsWith('auth.') || path === 'people.list' || path === 'tokens.list' ? undefined : { cluster }),
    ).catch((error: Error) => error.message);
    said.push(JSON.stringify(answer) ?? '');
  }
  const { prisma } = home.app;
  for (const rows of await Promise.all([
    prisma.draft.findMany(),
    prisma.version.findMany(),
    prisma.applyRun.findMany(),
    prisma.auditEntry.findMany(),
    prisma.secret.findMany(),
    prisma.proxy.findMany(),
    prisma.user.findMany(),
    prisma.session.findMany(),
  ])) {
    said.push(JSON.stringify(rows));
  }
  said.push(home.logged.join('\n'));
  for (const { operations } of home.engines)
    expect(JSON.stringify(operations.configuration.texts)).not.toContain('canary-typed-in');
  for (const canary of CANARIES) expect(said.filter((text) => text.includes(canary))).toEqual([]);
  expect(said.join('').length).toBeGreaterThan(5_000);
  // The cookie of a sign-in is nowhere either.
  expect(said.join('')).not.toContain(admin.cookie);
});
