import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { freePorts, portIsFree } from './ports.ts';

test('ports are consecutive, below the ephemeral range and never given twice', async () => {
  const lots = await Promise.all([freePorts(3), freePorts(3), freePorts(3), freePorts(3)]);
  for (const ports of lots) {
    expect(ports).toEqual([ports[0], (ports[0] ?? 0) + 1, (ports[0] ?? 0) + 2]);
    expect(Math.max(...ports)).toBeLessThan(32_768);
  }
  expect(new Set(lots.flat()).size).toBe(12);
});

test('a port in use is not free', async () => {
  const [port = 0] = await freePorts(1);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  expect(await portIsFree(port)).toBe(false);
  await new Promise((resolve) => server.close(resolve));
  expect(await portIsFree(port)).toBe(true);
});
