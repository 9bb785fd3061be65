import fs from 'node:fs';
import path from 'node:path';
import { AUTH_QUERY, AUTH_QUERY_SCRIPT } from '@pgherd/auth';
import { pgMd5 } from '@pgherd/config';
import { type Cluster, ephemeralCluster, freePorts } from '@pgherd/lab';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { authCommand } from '../commands/auth.ts';
import { configCommand } from '../commands/config.ts';
import { readConfig } from '../read-files.ts';
import { endAll, PGHERD, run, temporaryFolder } from '../testing/program.ts';
import { checkSignIn } from './check.ts';

const PASSWORD = 'correct horse';
let cluster: Cluster;
let dir = '';

beforeAll(async () => {
  dir = temporaryFolder();
  cluster = await ephemeralCluster({
    nodes: 2,
    initSql: [
      { database: 'postgres', sql: AUTH_QUERY_SCRIPT },
      {
        database: 'postgres',
        sql: `CREATE ROLE alice LOGIN PASSWORD '${PASSWORD}'; CREATE ROLE locked NOLOGIN PASSWORD '${PASSWORD}';
              CREATE ROLE old LOGIN PASSWORD '${PASSWORD}' VALID UNTIL '2000-01-01'; CREATE ROLE blank LOGIN;`,
      },
    ],
  });
});
afterAll(async () => {
  await endAll();
  await cluster.destroy();
  fs.rmSync(dir, { recursive: true });
});

interface Case {
  readonly user?: string;
  readonly database?: string;
  readonly from?: string;
  readonly tls?: boolean;
  readonly password?: string | null;
  /** Null: enable_pool_hba is off. */
  readonly hba?: string | null;
  readonly passwd?: string;
  readonly conf?: string;
  readonly authQuery?: boolean;
}

function write(name: string, text: string): string {
  const file = path.join(dir, name);
  fs.writeFileSync(file, text);
  return file;
}

function files(wanted: Case): { config: string; hba: string } {
  const { auth } = cluster.secrets;
  const hba = write(
    'pool_hba.conf',
    `# TYPE DATABASE USER ADDRESS METHOD\n${wanted.hba ?? 'host all all all scram-sha-256'}\n`,
  );
  write('pool_passwd', `${auth.user}:TEXT${auth.password}\n${wanted.passwd ?? ''}\n`);
  const nodes = cluster.nodes.map(
    ({ id, host, port }) => `backend_hostname${id} = '${host}'\nbackend_port${id} = ${port}\nbackend_weight${id} = 1\n`,
  );
  const query = `auth_query = '${AUTH_QUERY}'\nauth_user = '${auth.user}'\nauth_dbname = 'postgres'\n`;
  const config = write(
    'pgpool.conf',
    `${nodes.join('')}enable_pool_hba = ${wanted.hba === null ? 'off' : 'on'}\n${wanted.authQuery === false ? '' : query}${wanted.conf ?? ''}`,
  );
  return { config, hba };
}

/** The lines without their paths, and the verdict. */
async function check(wanted: Case): Promise<{ lines: string[]; can: boolean; sentence: string }> {
  const { config, hba } = files(wanted);
  const result = readConfig(config);
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  const lines: string[] = [];
  const { canSignIn, sentence } = await checkSignIn(
    {
      settings: result.settings,
      config,
      hba,
      user: wanted.user ?? 'alice',
      database: wanted.database ?? 'postgres',
      from: wanted.from ?? '127.0.0.1',
      tls: wanted.tls ?? false,
      password: wanted.password === undefined ? PASSWORD : wanted.password,
    },
    (verdict, what, text) => lines.push(`${verdict} ${what}: ${tidy(text)}`),
  );
  for (const said of [...lines, sentence]) {
    expect(said).not.toContain(PASSWORD);
    expect(said).not.toContain(cluster.secrets.auth.password);
    expect(said).not.toContain('SCRAM-SHA-256$');
  }
  return { lines, can: canSignIn, sentence: tidy(sentence) };
}

const tidy = (text: string): string => text.replaceAll(`${dir}/`, '').replaceAll(/127\.0\.0\.1:\d+/g, 'HOST');

describe('auth check', () => {
  test('walks a user whom auth_query knows through every step', async () => {
    expect(await check({})).toEqual({
      lines: [
        'ok pool_hba.conf: pool_hba.conf:2 decides: scram-sha-256',
        '- pool_passwd: pool_passwd has no entry for alice',
        'ok auth_query: node 0: the role alice has a SCRAM verifier',
        'ok client: the password is right',
        'ok node 0: HOST asks for scram-sha-256, which can be answered',
        'ok node 1: HOST asks for scram-sha-256, which can be answered',
        'ok node 0: signed in',
        'ok node 1: signed in',
      ],
      can: true,
      sentence: 'alice can sign in.',
    });
  });

  test('without a password says what the client would be asked', async () => {
    const { lines, can, sentence } = await check({ password: null });
    expect(lines).toContain('ok client: is asked by scram-sha-256; not tried');
    expect(lines.join('\n')).not.toContain('signed in');
    expect({ can, sentence }).toEqual({
      can: true,
      sentence: 'alice can sign in, given the right password (--password-stdin tries one).',
    });
  });

  test.each([
    ['a TEXT entry', { passwd: `alice:TEXT${PASSWORD}`, authQuery: false }],
    ['clear text from the client, judged by the server', { hba: 'host all all all password', authQuery: false }],
    ['trust and a TEXT entry', { hba: 'host all all all trust', passwd: `alice:${PASSWORD}` }],
    ['a server that decides (hba off)', { hba: null, passwd: `alice:TEXT${PASSWORD}` }],
    [
      'a server that decides, in clear text',
      { hba: null, authQuery: false, conf: 'allow_clear_text_frontend_auth = on\n' },
    ],
    ['md5 on a role with a SCRAM verifier', { hba: 'host all all all md5' }],
  ] satisfies [string, Case][])('%s is enough', async (_, wanted) => {
    expect(await check(wanted)).toMatchObject({ can: true, sentence: 'alice can sign in.' });
  });

  test.each([
    [
      'no line',
      { hba: 'host all bob all trust' },
      'Add "host  postgres  alice  127.0.0.1/32  scram-sha-256" to pool_hba.conf, and reload.',
    ],
    [
      'no line for a Unix socket',
      { from: 'local' },
      'Add "local  postgres  alice  scram-sha-256" to pool_hba.conf, and reload.',
    ],
    ['a line that rejects', { hba: 'host all all all reject' }, 'Put a line that lets it in above pool_hba.conf:2.'],
    ['a line that cannot be read', { hba: 'nonsense' }, 'Repair pool_hba.conf, or name another with -a.'],
    [
      'no entry',
      { authQuery: false },
      'Put "alice:TEXT<password>" into pool_passwd, or set auth_query and auth_user; then reload.',
    ],
    [
      'an md5 entry for SCRAM',
      { passwd: `alice:md5${pgMd5(PASSWORD, 'alice')}` },
      'Put "alice:TEXT<password>" into pool_passwd; then reload.',
    ],
    [
      'an md5 entry where the server asks for SCRAM',
      { hba: 'host all all all md5', passwd: `alice:md5${pgMd5(PASSWORD, 'alice')}` },
      'Put "alice:TEXT<password>" into pool_passwd; then reload.',
    ],
    [
      'trust without an entry',
      { hba: 'host all all all trust' },
      'Put "alice:TEXT<password>" into pool_passwd; then reload.',
    ],
    [
      'hba off without an entry',
      { hba: null, authQuery: false },
      'Put "alice:TEXT<password>" into pool_passwd, or set auth_query and auth_user; then reload.',
    ],
    ['a certificate without TLS', { hba: 'hostssl all all all cert', tls: true }, 'cert needs a hostssl line'],
    ['a wrong password', { password: 'wrong' }, 'Give the password that the entry was made of.'],
    [
      'an outdated TEXT entry',
      { passwd: 'alice:TEXTold', password: 'old' },
      'Make the password at HOST and the entry for alice the same',
    ],
    [
      'a database that is not there',
      { database: 'nowhere' },
      'Make the password at HOST and the entry for alice the same, and the database one that it may enter.',
    ],
    ['a role that is missing', { user: 'nobody' }, 'Create the role: CREATE ROLE nobody LOGIN, then \\password.'],
    ['a role that has expired', { user: 'old' }, "Let it live on: ALTER ROLE old VALID UNTIL 'infinity'."],
    ['a role that may not log in', { user: 'locked' }, 'Let it in: ALTER ROLE locked LOGIN.'],
    ['a role without password', { user: 'blank' }, 'Put "blank:TEXT<password>" into pool_passwd; then reload.'],
    [
      'an auth_query that cannot be asked',
      { conf: "auth_dbname = 'nowhere'\n" },
      'Let pgherd_auth (auth_user) sign in to nowhere and run auth_query',
    ],
  ] as [string, Case, string][])('%s is found, with what to add', async (_, wanted, remedy) => {
    const { can, sentence } = await check(wanted);
    expect(can).toBe(false);
    expect(sentence).toContain(`${wanted.user ?? 'alice'} cannot sign in. `);
    expect(sentence).toContain(remedy);
  });

  test('a standby that is down keeps nobody out', async () => {
    await cluster.node(1).stop();
    const { lines, can } = await check({});
    expect(lines).toContainEqual(expect.stringMatching(/^missing node 1: HOST does not answer: connect ECONNREFUSED/));
    expect(can).toBe(true);
    await cluster.node(1).start();
  });

  test('while no server answers, blames neither auth_query nor pool_passwd', async () => {
    const [port] = await freePorts(1);
    const { can, sentence } = await check({ conf: `backend_port0 = ${port}\nbackend_port1 = ${port}\n` });
    expect(can).toBe(false);
    expect(sentence).toBe('alice cannot sign in. Start the servers, or correct backend_hostnameN and backend_portN.');
  });

  test('names the question of a server in the words of pg_hba.conf', async () => {
    const { lines } = await check({ hba: null, authQuery: false });
    expect(lines).toContain('missing client: cannot be asked as the server asks (scram-sha-256)');
  });

  test('is a command with an exit code, and takes the password from standard input', async () => {
    const { config } = files({});
    const args = ['auth', 'check', 'alice', '-f', config, '--database', 'postgres', '--password-stdin'];
    expect(await run(PGHERD, args, { input: `${PASSWORD}\n` })).toMatchObject({ code: 0, stderr: '' });
    expect(await run(PGHERD, args, { input: 'wrong\n' })).toMatchObject({ code: 1, stderr: '' });
    expect(await run(PGHERD, ['auth', 'check', 'a', '--from', 'here'])).toMatchObject({ code: 2 });
    expect(await run(PGHERD, ['auth', 'chek', 'a'])).toMatchObject({ code: 2, stderr: `${authCommand.usage}\n` });
  });
});

describe('config check', () => {
  const checkConfig = async (
    conf: string,
    ...args: string[]
  ): Promise<{ code: number; stdout: string; stderr: string }> => {
    const { probe } = cluster.secrets;
    const { config } = files({
      conf: `sr_check_user = '${probe.user}'\nsr_check_password = '${probe.password}'\n${conf}`,
    });
    const said = { stdout: '', stderr: '' };
    const code = await configCommand.run(['check', '-f', config, ...args], {
      stdout: (text) => (said.stdout += `${text}\n`),
      stderr: (text) => (said.stderr += `${text}\n`),
    });
    expect(`${said.stdout}${said.stderr}`).not.toContain(probe.password);
    return { code, stdout: tidy(said.stdout), stderr: tidy(said.stderr) };
  };

  test('asks the servers how many connections they allow, and compares', async () => {
    const { code, stdout, stderr } = await checkConfig('num_init_children = 400\n');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const id of [0, 1])
      expect(stdout).toContain(`info: node ${id} (HOST) allows 290 connections, reserved ones apart\n`);
    expect(stdout).toMatch(
      /warning: up to \d+ connections may be opened to each server, but node 0 allows 290 and node 1 allows 290/,
    );
    expect(stdout).toContain('(too-few-server-connections: ');
    expect(stdout).toContain('(primary-serves-reads: ');
    expect(stdout).toMatch(/pgpool\.conf can be used\n$/);
  });

  test('leaves out advice that is not wanted, and asks nobody when told so', async () => {
    const { stdout } = await checkConfig(
      'num_init_children = 400\n',
      '--ignore',
      'connections-per-server',
      '--no-servers',
    );
    expect(stdout).not.toContain('connections-per-server');
    expect(stdout).not.toContain('node 0');
  });

  test.each([
    ["sr_check_password = 'wrong'\n", 'password authentication failed'],
    ["sr_check_password = ''\n", 'it asks for the password of pgherd_probe, and none is configured'],
  ])('names a server that cannot be asked, which is no fault of the file: %j', async (conf, reason) => {
    const { code, stdout } = await checkConfig(conf);
    expect(code).toBe(0);
    expect(stdout).toContain(`info: node 0 (HOST) could not be asked how many connections it allows: ${reason}`);
  });

  test.each([
    ['a value out of range', 'port = 1\n', 'error: pgpool.conf:', 'port = "1" is outside the allowed range'],
    [
      'TLS without its files',
      "ssl = on\nssl_cert = 'no.crt'\nssl_key = 'no.key'\n",
      'error: pgpool.conf: ssl_cert',
      'no.crt',
    ],
  ])('refuses %s as a start would', async (_, conf, start, part) => {
    const { code, stdout, stderr } = await checkConfig(conf, '--no-servers');
    expect(code).toBe(1);
    expect(stderr).toContain(start);
    expect(stderr).toContain(part);
    expect(stdout).not.toContain('can be used');
  });

  test('warns of a file that names no server', async () => {
    const { code, stdout } = await run(PGHERD, ['config', 'check', '-f', write('bare.conf', 'port = 9999\n')]);
    expect(code).toBe(0);
    expect(stdout).toContain('warning: no server is configured');
  });

  test('refuses a pool_hba.conf that a start would refuse', async () => {
    const { config } = files({ hba: 'nonsense' });
    const { code, stderr } = await run(PGHERD, ['config', 'check', '-f', config, '--no-servers']);
    expect(code).toBe(1);
    expect(stderr).toContain('pool_hba.conf:2: ');
  });

  test('show and diff', async () => {
    const { config } = files({});
    const next = write(
      'next.conf',
      `${fs.readFileSync(config, 'utf8')}num_init_children = 7\nsr_check_password = 'TEXTnew'\n`,
    );
    const shown = await run(PGHERD, ['config', 'show', '-f', config, 'num_init_children']);
    expect(shown.stdout).toContain(' num_init_children | 32 ');
    const diff = await run(PGHERD, ['config', 'diff', config, next]);
    expect(diff.stdout).toMatch(
      / num_init_children \| 32 +\| 7 +\| restart\n sr_check_password \| \*{5} +\| \*{5} +\| reload\n/,
    );
    expect((await run(PGHERD, ['config', 'diff', config, config])).stdout).toBe('no difference\n');
    expect(await run(PGHERD, ['config', 'show', '-f', config, 'nope'])).toMatchObject({
      code: 1,
      stderr: 'pgherd: There is no parameter "nope".\n',
    });
    expect((await run(PGHERD, ['config', 'show', '-f', '/nonexistent'])).code).toBe(1);
    expect((await run(PGHERD, ['config'])).code).toBe(2);
  });
});
