import { expect, test } from 'vitest';
import { hostAndPort, reachableHost } from './address.ts';

test.each([
  ['127.0.0.1', '127.0.0.1:9719'],
  ['::1', '[::1]:9719'],
  ['fe80::1', '[fe80::1]:9719'],
  ['metrics.example', 'metrics.example:9719'],
  ['*', 'localhost:9719'],
  ['::', 'localhost:9719'],
  ['0.0.0.0', 'localhost:9719'],
])('a listener on %s is reached at %s', (address, url) => {
  expect(hostAndPort(reachableHost(address), 9719)).toBe(url);
  expect(new URL(`http://${url}/metrics`).port).toBe('9719');
});
