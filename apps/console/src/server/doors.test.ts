/** Where the console listens, who makes its first account, and what its process is able to do. */
import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { consoleOptions } from './env.ts';
import { refuseOpenDoors } from './http/open-doors.ts';
import { firstLink } from './open-console.ts';
import { acceptInvitation } from './people/accounts.ts';
import { TestConsole } from './testing/test-console.ts';

test('3.18: there is no default password: one link makes the first account, once', async () => {
  const home = await TestConsole.open();
  try {
    const { prisma } = home.app;
    expect(await prisma.user.count()).toBe(0);
    const link = async (): Promise<string | null> => firstLink(home.app, 'http://localhost:3000');
    const token = (await link())?.split('#')[1] ?? '';
    expect(token).toMatch(/^[\w-]{43}$/);
    const made = await acceptInvitation(prisma, { token, name: 'ada', password: 'a long enough one' });
    expect(made.name).toBe('ada');
    await expect(acceptInvitation(prisma, { token, name: 'eve', password: 'a long enough one' })).rejects.toThrow();
    expect(await link()).toBeNull();
  } finally {
    await home.close();
  }
});

test.each(['0.0.0.0', '::', '192.0.2.1'])('3.18: it does not listen on %s without TLS', (host) => {
  const plain = consoleOptions({}, { host });
  expect(() => refuseOpenDoors(plain)).toThrow('only with TLS');
  // A proxy in front that is not declared, or an address without TLS, is not enough.
  expect(() => refuseOpenDoors({ ...plain, publicOrigin: 'https://console.example' })).toThrow('only with TLS');
  const behind = { ...plain, trustedProxies: ['192.0.2.2'] };
  expect(() => refuseOpenDoors({ ...behind, publicOrigin: 'http://console.example' })).toThrow('only with TLS');
  expect(() => refuseOpenDoors({ ...behind, publicOrigin: 'https://console.example' })).not.toThrow();
  expect(() => refuseOpenDoors({ ...plain, tlsCert: 'cert.pem', tlsKey: 'key.pem' })).not.toThrow();
});

test('3.2: CVE-2025-55182, CVE-2025-29927: Next and React are not older than their fixes, and the console runs no commands', () => {
  const root = path.resolve(import.meta.dirname, '../../../..');
  const lock = JSON.parse(fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version?: string }>;
  };
  const numberOf = (version: string): number =>
    version.split('.').reduce((sum, part) => sum * 1_000 + Number.parseInt(part, 10), 0);
  for (const [name, least] of [
    ['next', '16.0.7'],
    ['react', '19.2.1'],
    ['react-dom', '19.2.1'],
  ] as const) {
    expect(numberOf(lock.packages[`node_modules/${name}`]?.version ?? '0.0.0')).toBeGreaterThanOrEqual(numberOf(least));
  }
  const server = path.join(root, 'apps/console/src/server');
  const sources = fs
    .readdirSync(server, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  expect(sources.length).toBeGreaterThan(50);
  const running = sources.filter((file) =>
    /child_process|node:vm|worker_threads/.test(fs.readFileSync(path.join(server, file), 'utf8')),
  );
  expect(running).toEqual([]);
});
