import type { Cluster } from '@pgherd/lab';
import { expect, test } from 'vitest';
import { applicationUri } from './uri.ts';

const cluster = { secrets: { app: { user: 'app', password: 'p@ss' } }, database: 'app' } as unknown as Cluster;

test.each([
  [['localhost'], 'localhost'],
  [['::1'], '[::1]'],
  [['::'], 'localhost'],
  [['*'], 'localhost'],
  [[], 'localhost'],
  [['10.0.0.1', '::1'], '10.0.0.1'],
])('the URI of a proxy that listens on %j names %s', (listen_addresses, host) => {
  const uri = applicationUri(cluster, { port: 9999, listen_addresses });
  expect(uri).toBe(`postgresql://app:p%40ss@${host}:9999/app`);
  expect(new URL(uri).port).toBe('9999');
});
