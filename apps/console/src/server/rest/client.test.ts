/** @pgherd/client against a real console over HTTP, with engines that answer as they are told. */
import { ConsoleError, createClient } from '@pgherd/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestConsole } from '../testing/test-console.ts';

let home: TestConsole;
let url = '';
let reader = '';
beforeAll(async () => {
  home = await TestConsole.open();
  const cluster = await home.cluster('orders', 'production', 1);
  const vera = await home.person('vera', { grants: { [cluster]: { roles: ['operator'] } } });
  reader = await home.token(vera.id, ['view']);
  url = await home.listen();
});
afterAll(() => home.close());

it('asks, with inputs in path and query', async () => {
  const pgherd = createClient({ url, token: reader });
  const me = await pgherd.call('GET /me', {});
  expect(me.user?.name).toBe('vera');
  expect(me.clusters.map(({ slug }) => slug)).toEqual(['orders']);
  const reports = await pgherd.call('GET /clusters/{cluster}/operations', { cluster: 'orders', limit: 5 });
  expect(reports).toEqual([]);
});

it('hears refusals as the pages do, and they are audited', async () => {
  const pgherd = createClient({ url, token: reader });
  const begun = pgherd.call('POST /clusters/{cluster}/acts', {
    ...{ cluster: 'orders', wish: { act: 'switchover', to: 1, gracefully: false }, reason: 'test', confirm: 'node 1' },
  });
  await expect(begun).rejects.toBeInstanceOf(ConsoleError);
  await expect(begun).rejects.toMatchObject({ code: 'PERMISSION', status: 403, permission: 'cluster.switchover' });
  const row = await home.app.prisma.auditEntry.findFirst({ where: { action: 'act.begin', actor: 'vera' } });
  expect(row).toMatchObject({ result: 'refused', via: 'token' });
});

it('knows an operation that is not there, and a token that is none', async () => {
  const pgherd = createClient({ url, token: reader });
  await expect(pgherd.ended('orders', 'nothing')).rejects.toMatchObject({ code: 'NO_OPERATION' });
  const stranger = createClient({ url, token: 'pgh_nothing' });
  await expect(stranger.call('GET /tokens', {})).rejects.toMatchObject({ code: 'SIGN_IN', status: 401 });
});
