/** Each fault is planted in a real herd, and the doctor names it with its cause and its remedy. */
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { pgMd5 } from '@pgherd/config';
import { type Cluster, ephemeralCluster, freePorts, TcpProxy } from '@pgherd/lab';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { doctorCommand } from '../commands/doctor.ts';
import { endAll, PGHERD, Running, run, temporaryFolder } from '../testing/program.ts';
import type { Finding } from './finding.ts';

let cluster: Cluster;
let dir = '';
let ports: readonly number[] = [];

beforeAll(async () => {
  dir = temporaryFolder();
  cluster = await ephemeralCluster({ nodes: 2 });
  ports = await freePorts(4);
});
afterAll(async () => {
  await endAll();
  await cluster.destroy();
  fs.rmSync(dir, { recursive: true });
});
beforeEach(() => {
  for (const name of fs.readdirSync(dir)) fs.rmSync(path.join(dir, name), { recursive: true });
});

interface Case {
  /** Further lines of pgpool.conf; the last of a name counts. */
  readonly conf?: string;
  readonly passwd?: string;
  readonly pcp?: string | null;
}

function write(name: string, text: string): string {
  const file = path.join(dir, name);
  fs.writeFileSync(file, text, { mode: 0o600 });
  return file;
}

/** A herd that works, but for what the case says. */
function configuration({ conf = '', passwd, pcp }: Case): string {
  const { probe, ops } = cluster.secrets;
  write('pool_passwd', passwd ?? `${probe.user}:TEXT${probe.password}\n${ops.user}:TEXT${ops.password}\n`);
  write('pool_hba.conf', 'host all all all scram-sha-256\n');
  if (pcp !== null) write('pcp.conf', pcp ?? `admin:${pgMd5('secret')}\n`);
  const nodes = cluster.nodes.map(
    ({ id, host, port }) =>
      `backend_hostname${id} = '${host}'\nbackend_port${id} = ${port}\nbackend_weight${id} = 1\nbackend_application_name${id} = 'server${id}'\n`,
  );
  const [port, pcpPort, control, metrics] = ports;
  return write(
    'pgpool.conf',
    `${nodes.join('')}port = ${port}\npcp_port = ${pcpPort}\ncontrol_port = ${control}\nmetrics_port = ${metrics}
unix_socket_directories = '${dir}'\npcp_socket_dir = '${dir}'\npid_file_name = '${dir}/pid'\nwork_dir = '${dir}'
sr_check_user = '${probe.user}'\nhealth_check_period = 5\nhealth_check_user = '${probe.user}'
load_balance_mode = on\nenable_pool_hba = on\nfailover_by = builtin\nfailover_user = '${ops.user}'\nadmin_users = 'postgres'\n${conf}`,
  );
}

async function examine(wanted: Case, ...args: string[]): Promise<{ code: number; findings: Finding[] }> {
  let said = '';
  const io = { stdout: (text: string) => void (said += `${text}\n`), stderr: (text: string) => void (said += text) };
  const code = await doctorCommand.run(['-f', configuration(wanted), '--json', ...args], io);
  const { probe, ops } = cluster.secrets;
  for (const secret of [probe.password, ops.password, 'a stale one']) expect(said).not.toContain(secret);
  return { code, findings: JSON.parse(said) as Finding[] };
}

/** What is not well, as `name: found -> remedy`, without addresses. */
async function complaints(wanted: Case, ...args: string[]): Promise<string[]> {
  const { code, findings } = await examine(wanted, ...args);
  const wrong = findings.filter(({ verdict }) => verdict !== 'ok');
  expect(code).toBe(wrong.some(({ verdict }) => verdict === 'bad') ? 1 : 0);
  for (const { remedy } of wrong) expect(remedy).toMatch(/^\S.{10,}[.)]?$/);
  return wrong.map(({ verdict, name, found, remedy }) =>
    `${verdict} ${name}: ${found} -> ${remedy}`.replaceAll(`${dir}/`, ''),
  );
}

const asSuperuser = (sql: string): Promise<unknown> => cluster.primary.query(sql);

test('finds nothing wrong with a herd that works, and everything is looked at', async () => {
  const { code, findings } = await examine({});
  expect(findings.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
  expect(code).toBe(0);
  const names = new Set(findings.map(({ name }) => name));
  expect([...names]).toEqual([
    'engine',
    'port',
    'connection',
    'sign-in',
    'primary',
    'replication',
    'reads',
    'failover',
    'pcp',
  ]);
  expect(findings.map(({ found }) => found)).toContain('pgherd_ops may promote and re-point 2 of 2 nodes');
});

describe('connection', () => {
  test('nobody listens there', async () => {
    const [port] = await freePorts(1);
    const [first, ...more] = await complaints({ conf: `backend_port1 = ${port}\n` });
    expect(first).toMatch(
      /^bad connection: node 1 \(127\.0\.0\.1:\d+\) cannot be reached: connect ECONNREFUSED .* -> Nobody listens there: start PostgreSQL,/,
    );
    expect(more).toEqual([]);
  });

  test('a name that leads nowhere', async () => {
    const [first] = await complaints({ conf: `backend_hostname1 = 'nowhere.invalid'\n` });
    expect(first).toMatch(
      /^bad connection: node 1 .*(ENOTFOUND|EAI_AGAIN).* -> The name leads nowhere: correct backend_hostname1/,
    );
  });

  test('a blocked port, where nothing comes back', async () => {
    const silent = await TcpProxy.open(cluster.primary);
    await silent.setMode('freeze');
    const wrong = await complaints({ conf: `backend_port0 = ${silent.port}\n` });
    await silent.close();
    expect(wrong.join('\n')).toMatch(
      /bad sign-in: pgherd_probe \(sr_check_user\) does not get in at node 0 .*timeout/i,
    );
  });

  test('no server at all', async () => {
    const file = write('pgpool.conf', `pid_file_name = '${dir}/pid'\nwork_dir = '${dir}'\n`);
    const { code, stdout } = await run(PGHERD, ['doctor', '-f', file]);
    expect(code).toBe(1);
    expect(stdout).toContain('BAD   connection   no server is configured, so no client can be served');
  });
});

describe('sign-in', () => {
  test('a probe role without LOGIN', async () => {
    const { probe } = cluster.secrets;
    await asSuperuser(`ALTER ROLE ${probe.user} NOLOGIN`);
    const wrong = await complaints({});
    await asSuperuser(`ALTER ROLE ${probe.user} LOGIN`);
    expect(wrong[0]).toMatch(
      /^bad sign-in: pgherd_probe \(sr_check_user\) does not get in at node 0 .*: role "pgherd_probe" is not permitted to log in -> Let it in: ALTER ROLE pgherd_probe LOGIN, on the primary\.$/,
    );
    expect(wrong.join('\n')).toContain(
      'bad primary: no primary is found: node 0 does not let pgherd_probe in (role "pgherd_probe" is not permitted to log in)',
    );
  });

  test('a stale pool_passwd', async () => {
    const { probe, ops } = cluster.secrets;
    const wrong = await complaints({ passwd: `${probe.user}:TEXTa stale one\n${ops.user}:TEXT${ops.password}\n` });
    expect(wrong[0]).toMatch(
      /^bad sign-in: pgherd_probe \(sr_check_user\) does not get in at node 0 .*password authentication failed.* -> The password in its line in pool_passwd is not the one that the server has/,
    );
  });

  test.each([
    ['no password', '', 'Put pgherd_probe:TEXT<password> into pool_passwd, or set sr_check_password.'],
    [
      'a hash',
      `pgherd_probe:md5${'0'.repeat(32)}\n`,
      'holds no password but a hash: store pgherd_probe:TEXT<password>',
    ],
  ])('%s in pool_passwd', async (_, passwd, remedy) => {
    const { ops } = cluster.secrets;
    const wrong = await complaints({ passwd: `${passwd}${ops.user}:TEXT${ops.password}\n` });
    expect(wrong[0]).toContain(remedy);
  });

  test('a wrong password in pgpool.conf, and a database that is not there', async () => {
    expect((await complaints({ conf: "sr_check_password = 'a stale one'\n" }))[0]).toContain(
      'The password in sr_check_password in pgpool.conf',
    );
    expect((await complaints({ conf: "sr_check_database = 'nowhere'\n" }))[0]).toContain(
      'Name a database that is there: sr_check_database is "nowhere".',
    );
  });

  test('a role that sees too little', async () => {
    const { probe } = cluster.secrets;
    await asSuperuser(`REVOKE pg_monitor FROM ${probe.user}`);
    const wrong = await complaints({});
    await asSuperuser(`GRANT pg_monitor TO ${probe.user}`);
    expect(wrong).toContainEqual(
      expect.stringMatching(
        /^warn sign-in: pgherd_probe is no member of pg_monitor at node 0 .* -> GRANT pg_monitor TO pgherd_probe/,
      ),
    );
  });

  test('nobody to ask with', async () => {
    const wrong = await complaints({ conf: "sr_check_user = ''\n" });
    expect(wrong[0]).toContain('bad sign-in: sr_check_user is empty');
    expect(wrong.join('\n')).toContain(
      'no primary is found: node 0 cannot be asked (sr_check_user is empty); node 1 cannot be asked',
    );
  });
});

describe('primary', () => {
  test('is not found, with the reason of each node', async () => {
    const { host, port } = cluster.node(1);
    const [closed] = await freePorts(1);
    const wrong = await complaints({
      conf: `backend_hostname0 = '${host}'\nbackend_port0 = ${closed}\nbackend_port1 = ${port}\n`,
    });
    expect(wrong.join('\n')).toMatch(
      /bad primary: no primary is found: node 0 cannot be reached \(connect ECONNREFUSED [^)]*\); node 1 is in recovery -> /,
    );
  });

  test('several take writes, and are of different herds', async () => {
    const stranger = await ephemeralCluster({ nodes: 1 });
    try {
      const { probe, ops } = cluster.secrets;
      await stranger.primary.query(`ALTER ROLE ${probe.user} PASSWORD '${probe.password}'`);
      await stranger.primary.query(`ALTER ROLE ${ops.user} PASSWORD '${ops.password}'`);
      const wrong = (await complaints({ conf: `backend_port1 = ${stranger.primary.port}\n` })).join('\n');
      expect(wrong).toMatch(
        /bad primary: several servers take writes: node 0 .* on timeline 1, node 1 .* on timeline 1 -> Stop those/,
      );
      expect(wrong).toMatch(
        /bad replication: these are servers of different herds: node 0 .* has the system identifier \d+, node 1 /,
      );
    } finally {
      await stranger.destroy();
    }
  });
});

describe('reads', () => {
  test.each([
    ['zero weights', 'backend_weight0 = 0\nbackend_weight1 = 0\n', 'bad reads: every backend_weight is 0'],
    [
      'a weight for the primary alone',
      'backend_weight1 = 0\n',
      'bad reads: only the primary has a weight: it answers all reads -> Give the standbys weights: backend_weight1.',
    ],
    ['load_balance_mode off', 'load_balance_mode = off\n', 'warn reads: load_balance_mode is off'],
    [
      'a pattern that fits everything',
      "primary_routing_query_pattern_list = 'x.*y;.*'\n",
      'bad reads: primary_routing_query_pattern_list holds ".*"',
    ],
    [
      'a redirect of everything',
      "database_redirect_preference_list = 'a:standby,.*:primary'\n",
      'bad reads: database_redirect_preference_list sends everything to the primary',
    ],
    [
      'a pin after each write',
      'disable_load_balance_on_write = always\n',
      'warn reads: disable_load_balance_on_write = always',
    ],
  ])('%s', async (_, conf, found) => {
    expect(await complaints({ conf })).toEqual([expect.stringContaining(found)]);
  });
});

describe('failover', () => {
  test.each([
    [
      'pg_promote',
      'REVOKE EXECUTE ON FUNCTION pg_promote(boolean, integer) FROM pgherd_ops',
      'GRANT EXECUTE ON FUNCTION pg_promote(boolean, integer) TO pgherd_ops',
      'lacks rights at node 0',
      'GRANT EXECUTE ON FUNCTION pg_catalog.pg_promote',
    ],
    [
      'pg_reload_conf',
      'REVOKE EXECUTE ON FUNCTION pg_reload_conf() FROM pgherd_ops',
      'GRANT EXECUTE ON FUNCTION pg_reload_conf() TO pgherd_ops',
      'pg_reload_conf()',
      'GRANT EXECUTE ON FUNCTION pg_catalog.pg_reload_conf() TO pgherd_ops',
    ],
    [
      'REPLICATION',
      'ALTER ROLE pgherd_ops NOREPLICATION',
      'ALTER ROLE pgherd_ops REPLICATION',
      'replication slots',
      'ALTER ROLE pgherd_ops REPLICATION',
    ],
  ])('a right that is missing: %s', async (_, take, give, found, remedy) => {
    await asSuperuser(take);
    const wrong = await complaints({});
    await asSuperuser(give);
    expect(wrong[0]).toMatch(/^bad failover: pgherd_ops lacks rights at node 0/);
    expect(wrong[0]).toContain(found);
    expect(wrong[0]).toContain(remedy);
  });

  test('ALTER SYSTEM that is not granted', async () => {
    if (cluster.binaries.major < 15) return;
    await asSuperuser('REVOKE ALTER SYSTEM ON PARAMETER primary_conninfo FROM pgherd_ops');
    const wrong = await complaints({});
    await asSuperuser('GRANT ALTER SYSTEM ON PARAMETER primary_conninfo TO pgherd_ops');
    expect(wrong[0]).toMatch(
      /lacks rights .* ALTER SYSTEM -> .*GRANT SET, ALTER SYSTEM ON PARAMETER primary_conninfo, primary_slot_name TO pgherd_ops/,
    );
  });

  test('servers that cannot be re-pointed, or would not follow', async () => {
    const standby = cluster.node(1);
    const set = async (sql: string): Promise<void> => {
      await standby.query(sql);
      await standby.query('SELECT pg_reload_conf()');
    };
    await set("ALTER SYSTEM SET recovery_target_timeline = 'current'");
    await standby.stop();
    await standby.start();
    const wrong = (await complaints({})).join('\n');
    await set('ALTER SYSTEM RESET recovery_target_timeline');
    await standby.stop();
    await standby.start();
    await cluster.waitStreaming();
    expect(wrong).toMatch(
      /bad failover: recovery_target_timeline is "current" at node 1 .*: it cannot follow a promoted standby -> Set recovery_target_timeline = 'latest'/,
    );
  });

  test.each([
    ['nobody promotes', "failover_by = ''\n", 'warn failover: neither failover_by nor failover_command is set'],
    ['no command', 'failover_by = command\n', 'bad failover: failover_by = command, but failover_command is empty'],
    [
      'no user that acts',
      "failover_user = ''\n",
      'bad failover: failover_by = builtin, but there is no user that may act',
    ],
    [
      'nobody may take over',
      "backend_flag0 = 'DISALLOW_TO_FAILOVER'\nbackend_flag1 = 'DISALLOW_TO_FAILOVER'\n",
      'bad failover: every backend_flag says DISALLOW_TO_FAILOVER',
    ],
  ])('%s', async (_, conf, found) => {
    expect((await complaints({ conf })).join('\n')).toContain(found);
  });
});

describe('pcp', () => {
  test.each([
    ['no file', null, 'warn pcp: pcp.conf does not exist'],
    [
      'a hash as PostgreSQL has it',
      `admin:md5${pgMd5('secret')}\n`,
      'bad pcp: pcp.conf:1 is not of the form user:md5hash',
    ],
    ['clear text', 'admin:secret\n', 'bad pcp: pcp.conf:1'],
    ['no user', '# nobody\n', 'warn pcp: pcp.conf has no user'],
  ])('%s', async (_, pcp, found) => {
    expect((await complaints({ pcp })).join('\n')).toContain(found);
  });

  test('a password that does not fit, and why', async () => {
    const ask = async (pcp: string, input = 'secret\n'): Promise<string> => {
      const { stdout } = await run(PGHERD, ['doctor', '-f', configuration({ pcp }), '--pcp-user', 'admin', '--json'], {
        input,
      });
      const found = (JSON.parse(stdout) as Finding[]).find(({ name }) => name === 'pcp');
      return `${found?.verdict}: ${found?.found}`.replaceAll(`${dir}/`, '');
    };
    expect(await ask(`admin:${pgMd5('secret')}\n`)).toBe('ok: the password of admin fits pcp.conf');
    expect(await ask(`admin:${pgMd5('other')}\n`)).toBe('bad: the password does not fit the hash of admin in pcp.conf');
    expect(await ask(`admin:${pgMd5('secret', 'admin')}\n`)).toContain(
      'is made of password and name, as pool_passwd has them',
    );
    expect(await ask(`bob:${pgMd5('secret')}\n`)).toBe('bad: pcp.conf has no user admin');
  });
});

describe('ports, watchdog, safety', () => {
  test('a port that another program has', async () => {
    const other = net.createServer().listen(ports[0], 'localhost');
    await new Promise((resolve) => other.once('listening', resolve));
    const wrong = await complaints({});
    other.close();
    expect(wrong).toEqual([
      expect.stringMatching(
        /^bad port: port \(localhost:\d+\) is taken by another program, and the proxy does not run -> Stop that program/,
      ),
    ]);
  });

  test('a watchdog that is silent', async () => {
    const [closed] = await freePorts(1);
    const peer = (id: number): string =>
      `hostname${id} = '127.0.0.1'\npgpool_port${id} = ${ports[0]}\nwd_port${id} = ${closed}\n`;
    const conf = `use_watchdog = on\nwd_lifecheck_method = 'heartbeat'\n${peer(0)}${peer(1)}`;
    write('pgpool_node_id', '0\n');
    const wrong = (await complaints({ conf })).join('\n');
    expect(wrong).toMatch(
      /bad watchdog: watchdog node 1 .* is silent: connect ECONNREFUSED .* -> Start the proxy there/,
    );
    expect(wrong).not.toContain('watchdog node 0');
  });

  test('an open door, and a list of admins that is empty', async () => {
    const wrong = await complaints({ conf: "control_listen_addresses = '0.0.0.0'\nadmin_users = ''\n" });
    expect(wrong).toEqual([
      expect.stringMatching(/^warn safety: admin_users is empty/),
      expect.stringMatching(
        /^bad safety: control_listen_addresses \(0\.0\.0\.0\) is reached from other hosts without TLS/,
      ),
    ]);
  });

  test('a file that cannot be used', async () => {
    const { code, findings } = await examine({ conf: 'port = nonsense\n' });
    expect(code).toBe(1);
    expect(findings).toEqual([
      expect.objectContaining({ name: 'files', verdict: 'bad', found: expect.stringContaining('port = "nonsense"') }),
    ]);
  });
});

test('looks at a proxy that runs: its doors, what it believes, where it sends a read', async () => {
  const config = configuration({});
  const proxy = new Running(PGHERD, ['serve', '-f', config]);
  const doctor = async (): Promise<Finding[]> => {
    const { stdout } = await run(PGHERD, ['doctor', '-f', config, '--json']);
    return JSON.parse(stdout) as Finding[];
  };
  await expect
    .poll(async () => (await doctor()).find(({ name }) => name === 'engine')?.found, { timeout: 30_000 })
    .toBe('the proxy runs and serves clients');
  const well = await doctor();
  expect(well.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
  expect(well.filter(({ name }) => name === 'port').map(({ found }) => found.split(' ').slice(-2).join(' '))).toEqual(
    Array(4).fill('is answered'),
  );
  expect((await run(PGHERD, ['detach', '1', '-f', config])).code).toBe(0);
  const wrong = (await doctor()).filter(({ verdict }) => verdict !== 'ok');
  expect(wrong).toContainEqual(
    expect.objectContaining({
      name: 'reads',
      verdict: 'bad',
      found: expect.stringContaining('node 1 is a standby that answers, but the engine leaves it out'),
      remedy: 'Use it again: pgherd attach 1.',
    }),
  );
  proxy.child.kill('SIGINT');
  await proxy.ended;
});
