/**
 * Pgpool-II's "Getting Started" with what pgpool_setup makes: balancing, a lost standby, a lost primary, online recovery by
 * scripts. PostgreSQL refuses root, so as root all of it runs under the account that the lab uses.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { findBinaries, freePorts, labAccount } from '@pgherd/lab';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dropIn, type Ended, endAll, run, temporaryFolder, until } from '../testing/program.ts';

const account = labAccount();
const user = account?.name ?? os.userInfo().username;
const binaries = findBinaries({ account });

/** Null: it can be tried here. */
function whyNot(): string | null {
  if (binaries.psql === undefined || binaries.pgBasebackup === undefined)
    return 'this PostgreSQL has no client programs';
  const who = account === undefined ? {} : { uid: account.uid, gid: account.gid };
  const config = spawnSync(path.join(binaries.dir, 'pg_config'), ['--sharedir'], { encoding: 'utf8' });
  if (!fs.existsSync(path.join(config.stdout?.trim() ?? '', 'extension/pgpool_recovery.control'))) {
    return 'the extension pgpool_recovery is not installed';
  }
  const seen = spawnSync(dropIn('pgpool'), ['--version'], { cwd: '/', ...who });
  return seen.status === 0 ? null : `${user} cannot read this checkout`;
}
const reason = whyNot();

let dir = '';
let port = 0;
const asUser = { ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }), deadlineMs: 90_000 };

beforeAll(async () => {
  dir = temporaryFolder();
  if (account !== undefined) fs.chownSync(dir, account.uid, account.gid);
  [port = 0] = await freePorts(5);
});
afterAll(async () => {
  if (fs.existsSync(path.join(dir, 'shutdownall'))) await script('shutdownall');
  await endAll();
  fs.rmSync(dir, { recursive: true });
});

const environment = (): Record<string, string> => ({ HOME: dir, USER: user, PCPPASSFILE: path.join(dir, '.pcppass') });
const program = (name: string, ...args: string[]): Promise<Ended> =>
  run(name, args, { cwd: dir, env: environment(), ...asUser });
const script = (name: string): Promise<Ended> => program(path.join(dir, name));
const pcp = (name: string, ...args: string[]): Promise<Ended> =>
  program(dropIn(name), '-h', 'localhost', '-p', String(port + 1), '-U', user, '-w', ...args);
const states = async (): Promise<string[]> =>
  (await pcp('pcp_node_info')).stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' ').slice(4, 8).join(' '));

async function ask(sql: string): Promise<string> {
  const client = new pg.Client({ host: 'localhost', port, user, database: 'test' });
  await client.connect();
  try {
    const { rows } = await client.query<string[]>({ text: sql, rowMode: 'array' });
    return String(rows[0]?.[0] ?? '');
  } finally {
    await client.end();
  }
}

const stopServer = (node: number): Promise<Ended> =>
  program(path.join(binaries.dir, 'pg_ctl'), '-D', path.join(dir, `data${node}`), '-m', 'i', 'stop');

describe.skipIf(reason !== null)(`pgpool_setup${reason === null ? '' : ` (left out: ${reason})`}`, () => {
  test('makes servers and a proxy with the files that its users know, and stops them', async () => {
    const made = await program(dropIn('pgpool_setup'), '-p', String(port), '-n', '3');
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(fs.readdirSync(dir).sort()).toEqual(
      [
        ...['.pcppass', 'README.port', 'archivedir', 'bashrc.ports', 'data0', 'data1', 'data2', 'etc', 'log', 'run'],
        ...['pgpool_reload', 'shutdownall', 'startall'],
      ].sort(),
    );
    expect(fs.existsSync(path.join(dir, 'run', 'pgpool.pid'))).toBe(false);
    expect((await program(dropIn('pgpool_setup'))).stderr).toContain('is not empty');
  });

  test('startall starts it all, reads are spread and written rows replicated', async () => {
    expect((await script('startall')).code).toBe(0);
    await ask('create table kept as select generate_series(1, 10) as i');
    expect(await ask('select count(*) from kept')).toBe('10');
    await until('two standbys stream', async () => {
      return (await pcp('pcp_node_info')).stdout.match(/ standby standby \d+ streaming /g)?.length === 2;
    });
  });

  test('a standby that is lost comes back by pcp_recovery_node', async () => {
    await stopServer(2);
    await until('it is left out', async () => (await states())[2]?.startsWith('down') === true);
    expect(await pcp('pcp_recovery_node', '-n', '2')).toMatchObject({
      code: 0,
      stdout: 'pcp_recovery_node -- Command Successful\n',
    });
    expect((await states())[2]).toMatch(/^(up|waiting) up standby/);
  });

  test('a primary that is lost is replaced by failover.sh, the others follow, and it comes back as a standby', async () => {
    await stopServer(0);
    await until('node 1 is the primary and node 2 follows', async () => {
      const [lost, first, second] = await states();
      return (
        lost?.startsWith('down') === true &&
        /up primary primary$/.test(first ?? '') &&
        /^(up|waiting) up standby/.test(second ?? '')
      );
    });
    await ask('insert into kept values (11)');
    expect((await pcp('pcp_recovery_node', '0')).stdout).toBe('pcp_recovery_node -- Command Successful\n');
    await until('all three are used again', async () =>
      (await states()).every((state) => /^(up|waiting) up/.test(state)),
    );
    expect(await ask('select count(*) from kept')).toBe('11');
  }, 120_000);
});
