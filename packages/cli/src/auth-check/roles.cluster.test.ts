/** The roles of `pgherd auth roles`, and no others: a failover, a recovery and a switchover work with exactly these. */
import { type Cluster, ephemeralCluster, type PostgresNode } from '@pgherd/lab';
import { afterEach, describe, expect, it } from 'vitest';
import { type Engine, engineFor } from '../../../engine/test-support/engine.ts';
import { until } from '../../../engine/test-support/wait.ts';
import { rolesScript } from './roles.ts';

const DBA = { door: 'cli', user: 'dba', address: '' } as const;
const ROLES = ['pgherd_probe', 'pgherd_ops', 'pgherd_auth'];

let cluster: Cluster;
let engine: Engine;

afterEach(async () => {
  await engine?.stop('immediate');
  await cluster?.destroy();
});

const node = (id: number): PostgresNode => cluster.nodes[id] as PostgresNode;

/** The lab's own roles of these names are thrown away first. */
async function makeRoles(): Promise<void> {
  const { probe, ops, auth } = cluster.secrets;
  expect([probe.user, ops.user, auth.user]).toEqual(ROLES);
  const names = ROLES.join(', ');
  for (const database of ['app', 'postgres']) await node(0).query(`DROP OWNED BY ${names}`, { database });
  await node(0).query(`DROP ROLE ${names}`);
  const script = rolesScript(15);
  expect(script).not.toContain('PASSWORD');
  await node(0).query(script);
  await node(0).query(script); // it may be run again
  for (const { user, password } of [probe, ops, auth]) {
    await node(0).query(`ALTER ROLE ${user} PASSWORD '${password}'`);
  }
  await cluster.waitReplayed();
}

describe.each(['system', 'embedded'])('PostgreSQL, %s', (pgBin) => {
  it('is failed over, recovered and switched over without a superuser', async () => {
    cluster = await ephemeralCluster({
      nodes: 3,
      pgBin,
      initSql: [{ database: 'app', sql: 'CREATE TABLE w (n int); GRANT ALL ON w TO app' }],
    });
    await makeRoles();
    const { probe, ops } = cluster.secrets;
    engine = await engineFor(cluster, {
      settings: {
        failover_by: 'builtin',
        sr_check_period: 1,
        connect_timeout: 1000,
        health_check_period: 1,
        health_check_user: probe.user,
        health_check_password: probe.password,
        failover_user: ops.user,
        ...Object.fromEntries(
          cluster.nodes.map(({ id, applicationName }) => [`backend_application_name${id}`, applicationName]),
        ),
      },
    });
    await until('all is known', async () =>
      (await engine.status()).nodes.every(
        ({ timeline, upstream, id }) => timeline === 1 && (id === 0 || upstream !== null),
      ),
    );
    const unmet = (await engine.operations.plan()).flatMap(({ preconditions }) =>
      preconditions.filter(({ ok }) => !ok),
    );
    expect(unmet).toEqual([]);

    node(0).kill9();
    await until('another one is the primary', async () => ((await engine.status()).primary ?? 0) > 0);
    const primary = (await engine.status()).primary as number;
    const other = 3 - primary;
    await until(
      'the other one follows',
      async () => (await engine.status()).nodes[other]?.upstream?.port === node(primary).port,
    );

    const recovered = await engine.operations.begin({ act: 'recover', node: 0 }, DBA);
    expect(await engine.operations.ended(recovered.id)).toMatchObject({ state: 'done', error: null });
    await until('its lag is known', async () => (await engine.status()).nodes[0]?.lagBytes != null);
    const switched = await engine.operations.begin({ act: 'switchover', to: 0, gracefully: false }, DBA);
    const ended = await engine.operations.ended(switched.id);
    expect(ended).toMatchObject({ state: 'done', error: null });
    expect(ended.steps.find((step) => step.name === 'checkpoint')?.detail).not.toContain('left out');
    expect((await engine.status()).primary).toBe(0);
    await until('both others follow', async () =>
      (await engine.status()).nodes.every(({ id, upstream }) => id === 0 || upstream?.port === node(0).port),
    );
    const said = await engine.operations.events(0);
    expect(said.filter((event) => event.kind === 'nodeCannotFollow' || event.kind === 'failoverFailed')).toEqual([]);

    const powers = await node(0).query(
      "SELECT rolname FROM pg_roles WHERE rolname LIKE 'pgherd_%' AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls)",
    );
    expect(powers).toEqual([]);
  });
});

it('before PostgreSQL 15 it says what cannot be granted', () => {
  expect(rolesScript(14)).not.toContain('ON PARAMETER');
  expect(rolesScript(14)).toContain('the\n-- others cannot be re-pointed');
});
