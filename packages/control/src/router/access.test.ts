/** Every procedure with every role: who is not in the table is refused. */
import { RefusedError } from '@pgherd/operations';
import { beforeEach, describe, expect, test } from 'vitest';
import { proceduresOf } from '../openapi/document.ts';
import { FakeOperations } from '../testing/fake-operations.ts';
import { ACCESS, includesRole, type Role, roles } from './access.ts';
import type { ControlContext } from './context.ts';
import { createRouter } from './create-router.ts';

let engine: FakeOperations;
let router: ReturnType<typeof createRouter>;
beforeEach(() => {
  engine = new FakeOperations();
  router = createRouter(engine);
});

const context = (role: Role | null, over: Partial<ControlContext> = {}): ControlContext => ({
  user: 'tester',
  onBehalfOf: null,
  address: '192.0.2.1',
  role: () => role,
  enter: () => () => {},
  drained: async () => {},
  ...over,
});
const as = (role: Role | null, over: Partial<ControlContext> = {}) => router.createCaller(context(role, over));

const INPUTS: Readonly<Record<string, unknown>> = {
  show: { name: 'pool_pools' },
  explainRoute: { sql: 'select 1', database: 'app', user: 'alice', application: '' },
  rehearse: { act: 'detach', node: 1 },
  begin: { act: 'detach', node: 1 },
  cancel: { id: 'none' },
  ended: { id: 'none' },
  stop: { mode: 'fast' },
  events: {},
  logs: {},
  sessionActivity: { nodes: [{ node: 0, pids: [4711] }] },
  compareRoutes: { statements: ['select 1'], database: 'app', user: 'alice', application: '', configuration: '' },
  probeRoute: { sql: 'select 1', database: 'app' },
  cancelStatement: { sessions: [{ id: '1-1' }] },
  endSession: { sessions: [{ id: '1-1' }] },
  'configuration.check': { files: { 'pgpool.conf': '' } },
  'configuration.applyVersion': { files: { 'pgpool.conf': '' } },
  'watch.events': {},
};

/** Calls by path; of a subscription the first answer. @returns the code of the error, or null */
async function outcome(role: Role | null, path: string): Promise<string | null> {
  let target = as(role) as unknown as Record<string, unknown>;
  const names = path.split('.');
  for (const name of names.slice(0, -1)) target = target[name] as Record<string, unknown>;
  const call = target[names.at(-1) as string] as (input: unknown) => Promise<unknown>;
  try {
    const answer = await call(INPUTS[path]);
    if (path.startsWith('watch.')) await (answer as AsyncGenerator<unknown>).return(undefined);
    return null;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const paths = proceduresOf(createRouter(new FakeOperations())).map(({ path }) => path);

describe('CVE-2026-6667: who may call what', () => {
  test('the table names every procedure, and no other', () => {
    expect(Object.keys(ACCESS).sort()).toEqual([...paths].sort());
  });

  describe.each(roles)('%s', (role) => {
    test.each(paths)('%s', async (path) => {
      const needed = ACCESS[path] as Role;
      const code = await outcome(role, path);
      if (includesRole(role, needed)) expect(code ?? 'ok').not.toMatch(/FORBIDDEN|UNAUTHORIZED/);
      else {
        expect(code).toBe('FORBIDDEN');
        expect(engine.calls).toEqual([]);
      }
    });
  });

  test.each(paths)('%s is nobody without a valid token', async (path) => {
    expect(await outcome(null, path)).toBe('UNAUTHORIZED');
    expect(engine.calls).toEqual([]);
  });

  test('a loss of data is accepted by admin alone', async () => {
    const wish = { act: 'failover', to: null, acceptLoss: true } as const;
    await expect(as('operate').begin(wish)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(engine.calls).toEqual([]);
    expect(await as('admin').begin(wish)).toMatchObject({ act: 'failover', state: 'running' });
    expect(await as('operate').begin({ ...wish, acceptLoss: false })).toMatchObject({ state: 'running' });
  });

  test('addresses and statements of others are for admin alone', async () => {
    const hidden = { host: '', port: '', statement: '', user: 'alice' };
    expect(await as('operate').sessions()).toMatchObject([hidden]);
    expect((await as('operate').show({ name: 'pool_pools' })).rows).toEqual([['1', '', '', '']]);
    expect(await as('admin').sessions()).toMatchObject([
      { host: '192.0.2.7', statement: "select 'a secret of alice'" },
    ]);
    expect((await as('admin').show({ name: 'pool_pools' })).rows).toEqual([['1', '192.0.2.7', '4', 'select 1']]);
    const watched = (await as('operate').watch.sessions())[Symbol.asyncIterator]();
    expect((await watched.next()).value).toMatchObject({ all: true, changed: [hidden] });
    await watched.return?.();
  });
});

describe('acts', () => {
  test('carry who wished them', async () => {
    await as('operate').begin({ act: 'detach', node: 2 });
    await as('operate').reload();
    const by = { door: 'control', user: 'tester', address: '192.0.2.1' };
    expect(engine.calls).toEqual([
      { name: 'begin', by, what: { act: 'detach', node: 2, gracefully: false } },
      { name: 'reload', by },
    ]);
  });

  test.each([
    ['NO_SUCH_NODE', 'NOT_FOUND'],
    ['NOTHING_TO_DO', 'CONFLICT'],
    ['BUSY', 'CONFLICT'],
    ['WRONG_MODE', 'PRECONDITION_FAILED'],
    ['NOT_POSSIBLE', 'PRECONDITION_FAILED'],
    ['NOT_ENABLED', 'PRECONDITION_FAILED'],
    ['CONFLICT', 'CONFLICT'],
    ['EXTERNALLY_MANAGED', 'PRECONDITION_FAILED'],
    ['NOT_ALLOWED', 'FORBIDDEN'],
  ] as const)('refused with %s are told as %s', async (code, told) => {
    engine.refusal = new RefusedError(code, 'No.');
    await expect(as('operate').begin({ act: 'attach', node: 1 })).rejects.toMatchObject({ code: told, message: 'No.' });
  });

  test('that take their time are told as they are by then', async () => {
    const { id } = await as('operate').begin({ act: 'recover', node: 2 });
    expect(await as('read').ended({ id, waitMs: 1 })).toMatchObject({ id, state: 'running' });
    const waiting = as('read').ended({ id });
    engine.change({ ...(engine.acts[0] as (typeof engine.acts)[0]), state: 'done' });
    expect(await waiting).toMatchObject({ id, state: 'done' });
    await expect(as('read').ended({ id: 'another' })).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test.each([
    { act: 'detach' },
    { act: 'detach', node: -1 },
    { act: 'detach', node: 1.5 },
    { act: 'rm -rf', node: 1 },
    { act: 'stop', mode: 'now' },
  ])('that make no sense are not begun: %j', async (wish) => {
    await expect(as('admin').begin(wish as never)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    expect(engine.calls).toEqual([]);
  });
});

describe('whom a token acts for', () => {
  test('stands in the author beside the token', async () => {
    await as('operate', { onBehalfOf: 'alice' }).reload();
    expect(engine.calls).toMatchObject([{ by: { door: 'control', user: 'tester: alice' } }]);
  });

  test.each(['', 'x'.repeat(101), 'alice\nroot'])('is refused as %j', async (onBehalfOf) => {
    await expect(as('operate', { onBehalfOf }).reload()).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    expect(engine.calls).toEqual([]);
  });
});

describe('the log', () => {
  test('shows lines of clients to admin alone, and does not find them by their words for others', async () => {
    expect((await as('operate').logs({ text: 'SECRET' })).lines).toEqual([]);
    expect((await as('operate').logs({})).lines).toMatchObject([{ text: 'line 1' }, { client: true, text: '' }]);
    expect((await as('admin').logs({})).lines.at(-1)?.text).toContain('secret of alice');
    const watched = (await as('operate').watch.logs({}))[Symbol.asyncIterator]();
    const first = watched.next();
    await expect.poll(() => engine.watchers).toBe(1);
    engine.says({ client: true, text: 'statement: select 1' });
    expect((await first).value).toMatchObject({ lines: [{ text: '' }], lost: 0 });
    await watched.return?.();
  });
});

test('a statement runs as another user for admin alone', async () => {
  const question = { sql: 'select 1', database: 'app', user: 'alice' };
  await expect(as('operate').probeRoute(question)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  expect(await as('admin').probeRoute(question)).toMatchObject({ node: 1, agrees: true });
});

describe('what can be open at once', () => {
  test('is refused beyond the places, and each place is given back', async () => {
    let taken = 0;
    const enter = (): (() => void) | null => {
      if (taken >= 1) return null;
      taken++;
      return () => void taken--;
    };
    const caller = as('read', { enter });
    const watched = (await caller.watch.metrics())[Symbol.asyncIterator]();
    await expect(caller.status()).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    await watched.next();
    await watched.return?.();
    expect(taken).toBe(0);
    await caller.status();
    await expect(caller.show({ name: 'no such' })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    expect(taken).toBe(0);
  });
});

test('secrets are masked even when the engine does not', async () => {
  const { parameters } = await as('read').configuration.running();
  expect(parameters.map(({ name, value }) => [name, value])).toEqual([
    ['port', '9999'],
    ['sr_check_password', '*****'],
    ['health_check_password0', '*****'],
  ]);
});
