import { type Cluster, ephemeralCluster } from '@pgherd/lab';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { functionIsStateFree, WITHOUT_EFFECT } from './state-free-functions.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await ephemeralCluster({ nodes: 1, pgBin: 'embedded' });
});
afterAll(async () => {
  await cluster?.destroy();
});

it('the functions that are said to have no effect are not volatile for PostgreSQL', async () => {
  const rows = await cluster.primary.query(
    "SELECT DISTINCT proname::text AS name FROM pg_proc WHERE provolatile = 'v' AND pronamespace = 'pg_catalog'::regnamespace",
  );
  const volatile = rows.map((row) => String(Object.values(row)[0]));
  expect(volatile.length).toBeGreaterThan(100);
  expect(volatile.filter((name) => WITHOUT_EFFECT.has(name))).toEqual([]);
  // What a session would miss elsewhere.
  for (const name of ['pg_advisory_lock', 'pg_try_advisory_lock', 'setseed', 'lastval', 'currval', 'query_to_xml']) {
    expect([name, functionIsStateFree('', name)]).toEqual([name, false]);
  }
  expect(functionIsStateFree('public', 'lower')).toBe(false);
  expect(functionIsStateFree('pg_catalog', 'lower')).toBe(true);
});
