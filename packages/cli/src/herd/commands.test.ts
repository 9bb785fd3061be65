/** The operator's commands against the real control interface with an engine that is none behind it. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { type ControlDoor, type ControlSettings, openControl } from '@pgherd/control';
import type { Operation } from '@pgherd/operations';
import { RefusedError } from '@pgherd/operations';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { FakeOperations } from '../../../control/src/testing/fake-operations.ts';
import { COMMANDS } from '../commands.ts';
import { endAll, PGHERD, Running, run, temporaryFolder } from '../testing/program.ts';
import { progressTeller } from './follow.ts';
import { bytes, duration, plain, shortened } from './words.ts';

let dir = '';
let engine: FakeOperations;
let door: ControlDoor;
let config = '';

beforeAll(() => {
  dir = temporaryFolder();
});
afterAll(() => fs.rmSync(dir, { recursive: true }));
beforeEach(async () => {
  engine = new FakeOperations();
  door = await opened();
  config = path.join(dir, 'pgpool.conf');
  fs.writeFileSync(
    config,
    `control_listen_addresses = '127.0.0.1'\ncontrol_port = ${new URL(door.url).port}\ncontrol_token_file = 'token'\nwork_dir = '${dir}'\n`,
  );
});
afterEach(async () => {
  await endAll();
  await door.close();
});

const opened = (more: Partial<ControlSettings> = {}): Promise<ControlDoor> =>
  openControl(
    engine,
    {
      control_listen_addresses: ['127.0.0.1'],
      control_port: 0,
      control_token_file: 'token',
      control_tls_cert: '',
      control_tls_key: '',
      control_tls_ca: '',
      work_dir: dir,
      ...more,
    },
    () => {},
  );

/** In this process, for speed. */
async function say(name: string, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const command = await COMMANDS[name]?.();
  try {
    const code = await command?.run([...args, '-f', config], {
      stdout: (text) => (said.out += `${text}\n`),
      stderr: (text) => (said.err += `${text}\n`),
    });
    return { code: code ?? -1, ...said };
  } catch (error) {
    const { code, message, exitCode } = error as { code: string; message: string; exitCode?: number };
    return {
      code: exitCode ?? (code === 'USAGE' || code.startsWith('ERR_PARSE') ? 2 : 1),
      out: said.out,
      err: message,
    };
  }
}

/** What is begun ends so. */
function ends(over: Partial<Operation>): void {
  const begin = engine.begin.bind(engine);
  engine.begin = (wish, by) => {
    const begun = begin(wish, by);
    setTimeout(
      () =>
        engine.change({
          ...begun,
          state: 'done',
          steps: begun.steps.map((step) => ({ ...step, state: 'done' })),
          ...over,
        }),
      20,
    );
    return begun;
  };
}

describe('what is asked', () => {
  test('status says whether clients are served, and its exit code too', async () => {
    const { code, out } = await say('status');
    expect(code).toBe(0);
    expect(out).toMatch(/^clients {2}are served$/m);
    expect(out).toMatch(/^primary {2}node 0 \(db0\.example:5432\), epoch 1$/m);
    engine.nodes = engine.nodes.map((node) => ({ ...node, role: 'standby' }));
    const without = await say('status');
    expect([without.code, without.out]).toEqual([
      1,
      expect.stringContaining('clients  are not served: no primary is known'),
    ]);
  });

  test.each(['status', 'nodes', 'sessions', 'plan'])('%s --json is JSON', async (name) => {
    const { out } = await say(name, '--json');
    const parsed = JSON.parse(out) as unknown[];
    expect(name === 'status' ? (parsed as unknown as { nodes: unknown[] }).nodes : parsed).not.toHaveLength(0);
  });

  test('nodes tells why one is down, and nothing in it steers the terminal', async () => {
    engine.nodes = engine.nodes.map((node) =>
      node.id === 2 ? { ...node, status: 'down', reason: 'no route\u001b[2J\u202e' } : node,
    );
    const { out } = await say('nodes');
    expect(out).toMatch(/2 {4}\| db2\.example:5432 \| down .*no route\\u001b\[2J\\u202e/);
    expect(out).toContain('(3 rows)');
  });

  test('sessions shows who does what', async () => {
    const { out } = await say('sessions');
    expect(out).toMatch(
      /1-1 +\| alice \| app +\| 192\.0\.2\.7:40000 \| 0:4711 \| idle +\| 1 ms \| select 'a secret of alice'/,
    );
  });

  test('plan says what may be lost, and exits with 1 when something is in the way', async () => {
    const fine = await say('plan');
    expect(fine).toMatchObject({ code: 0, err: '' });
    expect(fine.out).toMatch(/node 0 +\| Node 1 is promoted\. +\| node 1 +\| 128 B or more \(as of .* ago\) \| 1\.5 s/);
    const plan = engine.plan.bind(engine);
    engine.plan = () =>
      plan().map((one) => ({
        ...one,
        preconditions: [{ name: 'slot', ok: false, detail: 'there is none', remedy: 'Make one.' }],
      }));
    const wrong = await say('plan');
    expect(wrong.code).toBe(1);
    expect(wrong.out).toContain('In the way:\n  node 0: slot: there is none. Make one.');
    expect((await say('plan', '1')).out).toMatch(/If node 1 dies: Reads go to the others\./);
    expect((await say('plan', '9')).code).toBe(2);
    expect((await say('plan', 'x')).code).toBe(2);
  });

  test('events prints the journal, the last of it or all after a number', async () => {
    for (let i = 1; i <= 1_200; i++) engine.happens(`event ${i}`);
    const lines = async (...args: string[]): Promise<number[]> =>
      (await say('events', ...args)).out
        .trim()
        .split('\n')
        .filter(Boolean)
        .map((line) => Number(line.trim().split(' ')[0]));
    expect(await lines()).toEqual(Array.from({ length: 50 }, (_, i) => 1_151 + i));
    expect(await lines('--last', '3')).toEqual([1_198, 1_199, 1_200]);
    expect(await lines('--since', '100')).toHaveLength(1_100);
    expect(await lines('--last', '0')).toEqual([]);
    expect((await say('events', '--since', 'x')).code).toBe(2);
    expect((await say('events', '--last', '1')).out).toMatch(
      / {2}warning {2}nodeDetached {7}event 1200 \(health check\)\n$/,
    );
  });

  test('events --watch goes on with what happens', async () => {
    engine.happens('before');
    const watching = new Running(PGHERD, ['events', '--watch', '-f', config]);
    await watching.says('before');
    await vi.waitFor(() => expect(engine.watchers).toBeGreaterThan(0), 10_000);
    engine.happens('after');
    await watching.says('after');
    watching.child.kill('SIGINT');
    await watching.ended;
  });

  test('events --watch says that the engine went, and goes on where it was when it is back', async () => {
    engine.happens('before');
    const watching = new Running(PGHERD, ['events', '--watch', '-f', config]);
    await watching.says('before');
    await vi.waitFor(() => expect(engine.watchers).toBeGreaterThan(0), 10_000);
    const { port } = new URL(door.url);
    await door.close();
    await watching.says(`The connection to http://127.0.0.1:${port} is lost; it is tried again.`);
    engine.happens('meanwhile');
    door = await opened({ control_port: Number(port) });
    await watching.says('meanwhile');
    expect(watching.stdout.match(/before/g)).toHaveLength(1);
    watching.child.kill('SIGINT');
    await watching.ended;
  });

  test('nodes --watch --json prints a line for each change', async () => {
    const watching = new Running(PGHERD, ['nodes', '--watch', '--json', '-f', config]);
    await watching.says('db2.example');
    engine.nodes = engine.nodes.map((node) => ({ ...node, status: 'quarantine' }));
    engine.tick();
    await watching.says('quarantine');
    const lines = watching.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown[]);
    expect(lines.map((nodes) => nodes.length)).toEqual([3, 3]);
    watching.child.kill('SIGINT');
    await watching.ended;
  });
});

describe('what is done', () => {
  test('is told before, step by step, and ends with 0', async () => {
    ends({});
    const { code, out } = await say('detach', '1', '--gracefully');
    expect(code).toBe(0);
    expect(out).toBe('Clients wait for a second.\n  running  first\n  done     first\n');
    expect(engine.calls).toEqual([
      {
        name: 'begin',
        by: { door: 'control', user: 'admin', address: '127.0.0.1' },
        what: { act: 'detach', node: 1, gracefully: true },
      },
    ]);
  });

  test('and failed ends with 1 and the reason', async () => {
    ends({ state: 'failed', error: 'Node 2 did not answer.' });
    expect(await say('attach', '2')).toMatchObject({ code: 1, err: 'The attach failed: Node 2 did not answer.' });
    expect(JSON.parse((await say('attach', '2', '--json')).out)).toMatchObject({ state: 'failed' });
  });

  test('is not, and ends with 3, when the engine refuses: with what is in the way', async () => {
    engine.refusal = new RefusedError('NOT_POSSIBLE', 'Nobody can be promoted.', [
      { name: 'rights', ok: false, detail: 'pg_promote() may not be called', remedy: 'GRANT it.' },
      { name: 'slot', ok: true, detail: 'there is one', remedy: null },
    ]);
    expect(await say('failover', '--yes')).toMatchObject({
      code: 3,
      err: 'Nobody can be promoted. (NOT_POSSIBLE)\n  rights: pg_promote() may not be called. GRANT it.',
    });
    expect(engine.calls).toEqual([]);
  });

  test('is only looked at with --dry-run', async () => {
    const { code, out } = await say('switchover', '--to', '2', '--dry-run');
    expect([code, engine.calls]).toEqual([0, []]);
    expect(out).toMatch(/Clients wait for a second\.[\s\S]*somebody can promote \| yes[\s\S]*It is possible\.\n$/);
    engine.rehearse = () => ({ possible: false, node: null, effect: 'Nothing.', checks: [] });
    expect((await say('switchover', '--dry-run')).code).toBe(3);
    engine.rehearse = () => ({
      possible: false,
      node: null,
      effect: 'Node 9 becomes the primary.',
      checks: [{ name: 'node', ok: false, detail: 'there is no node 9', remedy: null }],
    });
    expect(await say('switchover', '--yes')).toEqual({
      code: 3,
      out: '',
      err: 'The switchover is not possible:\n  node: there is no node 9',
    });
    expect(engine.calls).toEqual([]);
  });

  test.each(['failover', 'switchover', 'recover 2'])(
    'is not done without being asked where it is dangerous: %s',
    async (call) => {
      const { code, stderr } = await run(PGHERD, [...call.split(' '), '-f', config]);
      expect([code, stderr]).toEqual([
        2,
        'There is nobody to ask here: say --yes if that is wanted, or --dry-run to only look.\n',
      ]);
      expect(engine.calls).toEqual([]);
    },
  );

  test.each([
    ['attach'],
    ['attach', 'one'],
    ['attach', '1', '2'],
    ['attach', '1', '--to', '2'],
    ['attach', '1', '--yes'],
    ['failover', '1', '--yes'],
    ['switchover', '--to', '-1'],
    ['recover', '--yes'],
  ])('is refused with 2 when the command makes no sense: %s %s %s %s', async (name, ...args) => {
    expect((await say(name as string, ...args)).code).toBe(2);
    expect(engine.calls).toEqual([]);
  });
});

describe('the engine', () => {
  test('that is not there is exit code 4, with the place and the reason', async () => {
    await door.close();
    const { code, err } = await say('status');
    expect(code).toBe(4);
    expect(err).toMatch(
      /^The engine does not answer at http:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED.*\. Is it running\?$/,
    );
    fs.writeFileSync(config, `control_listen_addresses = ''\n`);
    expect(await say('status')).toMatchObject({ code: 4, err: expect.stringContaining('has no control interface') });
    fs.writeFileSync(config, `work_dir = '${dir}'\ncontrol_token_file = 'none'\n`);
    expect(await say('status')).toMatchObject({
      code: 4,
      err: expect.stringContaining('No engine has served http://localhost:9897 yet'),
    });
  });

  test('that says no to a token is exit code 3, and a weak token is one', async () => {
    const text = fs.readFileSync(path.join(dir, 'token'), 'utf8');
    const file = path.join(dir, 'weak');
    fs.writeFileSync(file, /^read .*$/m.exec(text)?.[0] ?? '');
    expect((await say('status', '--token-file', file)).code).toBe(0);
    expect(await say('detach', '1', '--token-file', file)).toMatchObject({
      code: 3,
      err: expect.stringContaining('has the role read; this needs operate'),
    });
    fs.writeFileSync(file, 'x'.repeat(40));
    expect(await say('status', '--token-file', file)).toMatchObject({ code: 3, err: 'This token is not valid.' });
  });

  test('is found by its address, and by the folder one stands in', async () => {
    const { PATH = '' } = process.env;
    expect((await run(PGHERD, ['nodes', '--json'], { cwd: dir, env: { PATH } })).code).toBe(0);
    const elsewhere = temporaryFolder();
    const byUrl = await run(PGHERD, ['nodes', '--json', '--url', door.url], {
      cwd: elsewhere,
      env: { PGHERD_TOKEN_FILE: path.join(dir, 'token') },
    });
    expect([byUrl.code, JSON.parse(byUrl.stdout)]).toEqual([0, expect.any(Array)]);
    expect((await run(PGHERD, ['nodes'], { cwd: elsewhere })).code).toBe(1);
    fs.rmSync(elsewhere, { recursive: true });
  });
});

test('over TLS the certificate of the configuration is what is trusted, for questions and for --watch', async () => {
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=proxy', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', 'c.key', '-out', 'c.crt'];
  execFileSync('openssl', [...args, ...names], { cwd: dir, stdio: 'pipe' });
  await door.close();
  const [cert, key] = ['c.crt', 'c.key'].map((name) => path.join(dir, name)) as [string, string];
  door = await opened({ control_tls_cert: cert, control_tls_key: key });
  const { port } = new URL(door.url);
  const conf = fs.readFileSync(config, 'utf8').replace(/control_port = .*/, `control_port = ${port}`);
  fs.writeFileSync(config, `${conf}control_tls_cert = 'c.crt'\ncontrol_tls_key = 'c.key'\n`);
  expect((await say('nodes')).code).toBe(0);
  const watching = new Running(PGHERD, ['nodes', '--watch', '-f', config]);
  await watching.says('db2.example');
  watching.child.kill('SIGINT');
  await watching.ended;
  expect(await say('nodes', '--url', door.url, '--token-file', path.join(dir, 'token'))).toMatchObject({ code: 4 });
});

test('figures are as people read them', () => {
  expect([5, 1_500, 65_000, 600_000, 9_000_000, 200_000_000].map(duration)).toEqual([
    '5 ms',
    '1.5 s',
    '65 s',
    '10 min',
    '2 h 30 min',
    '2 d 7 h',
  ]);
  expect([0, 9_999, 10_240, 50 * 1024 ** 3].map(bytes)).toEqual(['0 B', '9999 B', '10 kB', '50 GB']);
  expect(shortened('abcdef', 4)).toBe('abc…');
  expect(plain('a\nb\u001b]0;x\u0007')).toBe('a b\\u001b]0;x\\u0007');
});

test('progress is told once: steps, lines of commands, tenths of bytes', () => {
  const lines: string[] = [];
  const tell = progressTeller((line) => lines.push(line.trim()));
  const operation = engine.begin({ act: 'recover', node: 1 }, { door: 'cli', user: 'x', address: '' });
  tell({ ...operation, progress: { doneBytes: 5, totalBytes: 100 }, output: ['one'] });
  tell({ ...operation, progress: { doneBytes: 55, totalBytes: 100 }, output: ['one', 'two'] });
  tell({ ...operation, progress: { doneBytes: 55, totalBytes: 100 }, output: ['one', 'two'] });
  tell({ ...operation, progress: { doneBytes: 150, totalBytes: 100 }, output: ['one', 'two'] });
  expect(lines).toEqual(['running  first', '| one', '| two', '50 %: 55 B of 100 B', '100 %: 150 B of 100 B']);
});
