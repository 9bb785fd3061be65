import { expect, it } from 'vitest';
import { createClient, requestOf } from './client.ts';

it('puts names of the path into the path, the rest into query or body', () => {
  expect(requestOf('GET /clusters/{cluster}/operations', { cluster: 'a b', limit: 5, none: undefined })).toEqual({
    ...{ method: 'GET', path: '/clusters/a%20b/operations?limit=5' },
  });
  expect(requestOf('POST /clusters/{cluster}/acts', { cluster: 'a', reason: 'x' })).toEqual({
    ...{ method: 'POST', path: '/clusters/a/acts', body: '{"reason":"x"}' },
  });
});

const answering =
  (status: number, body: string): typeof fetch =>
  () =>
    Promise.resolve(new Response(body, { status }));

it('tells a refusal by its code, its checks and the missing permission', async () => {
  const refused = { code: 'PERMISSION', permission: 'node.recover', checks: [] };
  const body = JSON.stringify({ message: 'This needs it.', code: 'FORBIDDEN', data: { refused } });
  const client = createClient({ url: 'http://console/', token: 't', fetch: answering(403, body) });
  await expect(client.call('GET /me', {})).rejects.toMatchObject({
    ...{ name: 'ConsoleError', code: 'PERMISSION', status: 403, permission: 'node.recover', message: 'This needs it.' },
  });
});

it('tells what speaks no JSON by its status, and never the token', async () => {
  const client = createClient({ url: 'http://console', token: 'pgh_secret', fetch: answering(502, '<html>') });
  const error = await client.call('GET /me', {}).catch((reason: Error) => reason);
  expect(error).toMatchObject({ code: 'HTTP_502', status: 502 });
  expect(JSON.stringify(error) + String(error)).not.toContain('pgh_secret');
});

it('has a deadline', async () => {
  const silent: typeof fetch = (_, init) =>
    new Promise((_resolve, reject) =>
      init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error)),
    );
  const client = createClient({ url: 'http://console', token: 't', timeoutMs: 20, fetch: silent });
  await expect(client.call('GET /me', {})).rejects.toMatchObject({ code: 'DEADLINE', status: null });
});
