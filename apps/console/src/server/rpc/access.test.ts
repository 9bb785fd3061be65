/** Every procedure × everybody who may not: the inventory is the router itself, so that a new one cannot be forgotten. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { permissions, permissionsOf, roles } from '../../shared/permissions.ts';
import { callerOfCookie } from '../people/caller.ts';
import { type Person, TestConsole } from '../testing/test-console.ts';
import { createCallerFactory, type Meta, type Need } from './base.ts';
import { appRouter } from './router.ts';

interface Procedure {
  readonly _def: { readonly type: 'query' | 'mutation' | 'subscription'; readonly meta?: Meta };
}
const procedures = Object.entries(appRouter._def.procedures as unknown as Record<string, Procedure>);
const needOf = ({ _def }: Procedure): Need | undefined => _def.meta?.need;

let home: TestConsole;
let clusterId = '';
let viewer: Person;
let stranger: Person;
let admin: Person;
beforeAll(async () => {
  home = await TestConsole.open();
  clusterId = await home.cluster('herd', 'development', 1);
  const other = await home.cluster('other', 'development', 0);
  viewer = await home.person('vera', { grants: { [clusterId]: { roles: ['viewer'] } } });
  stranger = await home.person('sam', { grants: { [other]: { roles: ['admin'] } } });
  admin = await home.person('ada', { admin: true });
});
afterAll(() => home.close());

function call(path: string, person: Person | null, input: unknown): Promise<unknown> {
  const caller = createCallerFactory(appRouter)({
    console: home.app,
    caller: () => (person === null ? Promise.resolve(null) : callerOfCookie(home.app.prisma, person.cookie)),
    ...{ address: '192.0.2.9', userAgent: 'test', door: 'trpc', origin: 'http://localhost', setSession: () => {} },
  });
  const found = path.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], caller);
  return Promise.resolve((found as (given: unknown) => unknown)(input)).then(async (result) => {
    // A subscription says no when its first message is asked for.
    const iterator = (result as AsyncIterable<unknown> | undefined)?.[Symbol.asyncIterator]?.();
    if (iterator !== undefined) {
      await iterator.next();
      await iterator.return?.();
    }
    return result;
  });
}

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'done';
  } catch (error) {
    return (error as { code?: string }).code ?? 'unknown';
  }
};

test('every procedure says what it needs, and what it does', () => {
  expect(procedures.length).toBeGreaterThan(60);
  expect(procedures.filter(([, procedure]) => needOf(procedure) === undefined)).toEqual([]);
  expect(procedures.filter(([, { _def }]) => (_def.meta?.doc ?? '').length < 10)).toEqual([]);
});

test('3.7: nobody needs to sign in for these alone', () => {
  const open = procedures.filter(([, procedure]) => needOf(procedure) === 'public').map(([path]) => path);
  expect(open.sort()).toEqual(['auth.accept', 'auth.invitation', 'auth.me', 'auth.signIn']);
});

describe.each(procedures.filter(([, procedure]) => needOf(procedure) !== 'public'))(
  '3.1, 3.5, 3.7: %s',
  (path, procedure) => {
    const need = needOf(procedure) as Need;
    const input = { cluster: 'herd' };

    test('anonymous calls are refused, and it is in the audit log', async () => {
      expect(await codeOf(call(path, null, input))).toBe('UNAUTHORIZED');
      const row = await home.app.prisma.auditEntry.findFirst({ where: { action: path, actor: 'nobody' } });
      expect(row).toMatchObject({ result: 'refused', address: '192.0.2.9' });
    });

    const testBeyond = need === 'signedIn' ? () => {} : test;
    testBeyond('the lowest role is refused what is beyond it, and so is somebody of another cluster', async () => {
      if (need !== 'view') {
        expect(await codeOf(call(path, viewer, input))).toBe('FORBIDDEN');
        const row = await home.app.prisma.auditEntry.findFirst({ where: { action: path, actor: 'vera' } });
        expect(row?.result).toBe('refused');
      }
      const onConsole = ['users', 'tokens', 'clusters', 'audit.read', 'audit.export', 'admin'].includes(need);
      expect(await codeOf(call(path, stranger, input))).toBe('FORBIDDEN');
      if (!onConsole) expect(await codeOf(call(path, stranger, { cluster: 'nowhere' }))).toBe('FORBIDDEN');
    });

    // What only asks has nothing that could be done.
    const testChange = procedure._def.type === 'mutation' ? test : () => {};
    testChange('nothing is done for input that is not right', async () => {
      const code = await codeOf(
        call(path, admin, { cluster: 'herd', id: 7, node: 'x', files: 3, name: {}, number: -1 }),
      );
      // Those that take no input at all have nothing that could be wrong.
      if (!['auth.beginSecondFactor', 'auth.disableSecondFactor', 'auth.signOut'].includes(path)) {
        expect(['BAD_REQUEST', 'PRECONDITION_FAILED', 'done']).toContain(code);
      }
    });
  },
);

test('the table of roles is what it says', () => {
  const table = Object.fromEntries(roles.map((role) => [role, [...permissionsOf([role], [])].sort()]));
  expect(table['viewer']).toEqual(['view']);
  expect(table['operator']).not.toContain('cluster.failover');
  expect(table['editor']).not.toContain('node.attach');
  expect(table['approver']).toContain('config.approve');
  // What is beyond a role's "opt" cells does not come with it, whoever wrote it into the database.
  expect([...permissionsOf(['viewer'], [...permissions])].sort()).toEqual(['view', 'view.logs', 'view.sql']);
});

test('a token without view is told of the permission, one for another cluster of no cluster', async () => {
  const person = await callerOfCookie(home.app.prisma, admin.cookie);
  if (person === null) throw new Error('the administrator is signed in');
  const status = (change: Partial<typeof person>): Promise<unknown> =>
    createCallerFactory(appRouter)({
      console: home.app,
      caller: () => Promise.resolve({ ...person, ...change }),
      ...{ address: '192.0.2.9', userAgent: 'test', door: 'rest', origin: 'http://localhost', setSession: () => {} },
    }).config.versions.list({ cluster: 'herd' });
  await expect(status({ scopes: new Set(['audit.read']) })).rejects.toThrow('This needs the permission view.');
  await expect(status({ scopes: new Set(['view']), tokenClusters: new Set(['x']) })).rejects.toThrow('no cluster');
  await expect(status({ scopes: new Set(['audit.read']), tokenClusters: new Set(['x']) })).rejects.toThrow(
    'no cluster',
  );
});

test('what needs a fresh sign-in refuses one that is old', async () => {
  const old = await home.person('olga', { admin: true });
  await home.app.prisma.session.updateMany({ where: { userId: old.id }, data: { confirmedAt: new Date(0) } });
  for (const [path, { _def }] of procedures.filter(([, one]) => one._def.meta?.fresh === true)) {
    expect([path, await codeOf(call(path, old, { cluster: 'herd' }))]).toEqual([path, 'PRECONDITION_FAILED']);
    expect(_def.type).toBe('mutation');
  }
});

test('a sign-in that was revoked, an account that was disabled: at once', async () => {
  const gone = await home.person('gina', { admin: true });
  expect(await codeOf(call('people.list', gone, undefined))).toBe('done');
  await home.app.prisma.session.updateMany({ where: { userId: gone.id }, data: { revokedAt: new Date() } });
  expect(await codeOf(call('people.list', gone, undefined))).toBe('UNAUTHORIZED');
  const out = await home.person('otto', { admin: true });
  await home.app.prisma.user.update({ where: { id: out.id }, data: { disabledAt: new Date() } });
  expect(await codeOf(call('people.list', out, undefined))).toBe('UNAUTHORIZED');
});

test('the chain of the audit log is whole, and a change in it shows', async () => {
  expect(await home.app.audit.broken()).toBeNull();
  const [row] = await home.app.prisma.auditEntry.findMany({ where: { action: 'act.begin' }, take: 1 });
  await home.app.prisma.auditEntry.update({ where: { seq: row?.seq ?? 0 }, data: { actor: 'somebody else' } });
  expect(await home.app.audit.broken()).toEqual({ seq: row?.seq, why: `Entry ${row?.seq} was changed.` });
  await home.app.prisma.auditEntry.update({ where: { seq: row?.seq ?? 0 }, data: { actor: row?.actor ?? '' } });
  await home.app.prisma.auditEntry.delete({ where: { seq: 3 } });
  expect((await home.app.audit.broken())?.why).toBe('Entries before 4 are missing.');
});
