/** Versions on a real engine: checked, applied, refused, seen to drift, and cut short at every step. */
import fs from 'node:fs';
import path from 'node:path';
import { type Cluster, ephemeralCluster, freePorts } from '@pgherd/lab';
import type { Author, ConfigurationState, ConfigurationVersion } from '@pgherd/operations';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Certificates } from '../../../test-support/certificates.ts';
import { Engine, engineFor } from '../../../test-support/engine.ts';
import { RawClient } from '../../../test-support/raw-client.ts';
import { until } from '../../../test-support/wait.ts';
import { applyPoints } from './apply.ts';

const BY: Author = { door: 'control', user: 'console: alice', address: '' };
const CLUSTER_KEY = 'ab'.repeat(32);

let cluster: Cluster;
let engine: Engine;

beforeAll(async () => {
  cluster = await ephemeralCluster({ nodes: 1, pgBin: 'embedded' });
});
afterAll(() => cluster?.destroy());

beforeEach(async () => {
  engine = await engineFor(cluster, { settings: { child_max_connections: 0, client_idle_limit: 100 } });
});
afterEach(() => engine?.stop());

const fileText = (name: string, of = engine): string => fs.readFileSync(path.join(of.directory, name), 'utf8');

/** The configuration as the console would have imported it, with a change. */
async function version(change: (text: string) => string, over: Partial<ConfigurationVersion> = {}) {
  const { files, hash } = await engine.operations.configurationFiles();
  const text = files.find(({ name }) => name === 'pgpool.conf')?.text ?? '';
  const draft = { files: { 'pgpool.conf': change(text) }, secrets: {}, reason: '', ...over };
  return { ...draft, ...(hash === null ? {} : { expected: hash }), ...over };
}

const apply = async (change: (text: string) => string, over: Partial<ConfigurationVersion> = {}, by = BY) =>
  engine.operations.applyConfiguration(await version(change, over), by);

const idleLimit = (seconds: number) => (text: string) =>
  text.replace(/^client_idle_limit = .*$/m, `client_idle_limit = ${seconds}`);

async function shownBySql(name: string, of = engine): Promise<string> {
  const client = await RawClient.signIn(of.address, { user: 'app', database: 'app' });
  try {
    const { rows } = await client.query(`PGPOOL SHOW ${name}`);
    return String(rows[0]?.[0]);
  } finally {
    await client.end();
  }
}

async function runningValue(name: string, of = engine): Promise<string | undefined> {
  const { parameters } = await of.operations.configurationRunning();
  return parameters.find((parameter) => parameter.name === name)?.value;
}

describe('what is told', () => {
  it('names secrets by reference and fingerprint, never by value', async () => {
    const { password } = cluster.secrets.probe;
    const told = JSON.stringify([
      await engine.operations.configurationFiles(),
      await engine.operations.configurationRunning(),
      await engine.operations.configurationState(),
      await engine.operations.checkConfiguration({
        files: { 'pgpool.conf': `${fileText('pgpool.conf')}\nsr_check_passwort = x\n` },
        secrets: {},
        testNodes: false,
      }),
    ]);
    for (const { password: secret } of Object.values(cluster.secrets)) expect(told).not.toContain(secret);
    expect(fileText('pgpool.conf')).toContain(password);
    const { files, poolPasswd, current } = await engine.operations.configurationFiles();
    expect(files[0]?.text).toMatch(/sr_check_password = 'secret:sr_check_password#[0-9a-f]{16}'/);
    expect(poolPasswd.users).toContain('app');
    expect(current).toBeNull();
    const { parameters, hash } = await engine.operations.configurationRunning();
    expect(parameters.find(({ name }) => name === 'sr_check_password')).toMatchObject({
      value: '*****',
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
      source: 'file',
    });
    expect((await engine.operations.configurationFiles()).hash).toBe(hash);
  });
});

describe('a check', () => {
  it('finds errors with line and range, changes with their effect, and unknown and renamed names', async () => {
    const check = await engine.operations.checkConfiguration({
      files: {
        'pgpool.conf': `${idleLimit(5)(fileText('pgpool.conf'))}num_init_children = 7\nconnection_lifetime = 3\nsocket_dir = '/tmp'\n`,
      },
      secrets: {},
      testNodes: false,
    });
    expect(check.ok).toBe(false);
    expect(check.findings.filter(({ severity }) => severity === 'error')).toMatchObject([
      { name: 'unix_socket_directories', message: expect.stringContaining('control_may_change_commands') },
    ]);
    expect(check.effect).toBe('restart');
    expect(check.changes).toMatchObject([
      { name: 'unix_socket_directories', refused: true },
      { name: 'num_init_children', from: '32', to: '7', effect: 'restart' },
      { name: 'client_idle_limit', from: '100s', to: '5s', effect: 'reload', refused: false },
    ]);
    expect(check.unknown).toMatchObject([{ name: 'connection_lifetime', similar: 'connection_life_time' }]);
    expect(check.renamed).toMatchObject([{ name: 'socket_dir', to: 'unix_socket_directories' }]);
    const bad = await engine.operations.checkConfiguration({
      files: { 'pgpool.conf': 'port = 70000\n' },
      secrets: {},
      testNodes: false,
    });
    expect(bad.findings[0]).toMatchObject({ severity: 'error', line: 1, name: 'port', allowed: '1024 to 65535' });
    expect(fileText('pgpool.conf')).toContain('client_idle_limit = 100');
  });

  it('tries nodes that are new', async () => {
    const { host, port } = cluster.primary;
    const [closed] = await freePorts(1);
    const text = `${fileText('pgpool.conf')}backend_hostname1 = '${host}'\nbackend_port1 = ${port}\nbackend_hostname2 = '127.0.0.1'\nbackend_port2 = ${closed}\n`;
    const check = await engine.operations.checkConfiguration({
      files: { 'pgpool.conf': text },
      secrets: {},
      testNodes: true,
    });
    expect(check.nodeTests).toMatchObject([
      { node: 1, ok: true, detail: 'a PostgreSQL server answers' },
      { node: 2, ok: false, detail: 'no server listens there' },
    ]);
    // A new node without a data directory changes no path.
    expect(check.changes.filter(({ refused }) => refused)).toEqual([]);
    expect(check.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it('reads no file that this configuration does not include already', async () => {
    const check = await engine.operations.checkConfiguration({
      files: { 'pgpool.conf': `${fileText('pgpool.conf')}include = '/etc/passwd'\n` },
      secrets: {},
      testNodes: false,
    });
    expect(check.ok).toBe(false);
    expect(JSON.stringify(check)).not.toContain('root:');
  });
});

describe('an apply', () => {
  it('is in force in the workers, in the file and as the current version, and says by whom', async () => {
    const report = await apply(idleLimit(7), { reason: 'fewer idle clients' });
    expect(report).toMatchObject({ outcome: 'inStep', changed: ['client_idle_limit'], errors: [], different: [] });
    expect(report.steps.map(({ name, state }) => `${name} ${state}`)).toEqual(
      ['check', 'store', 'reload', 'commit', 'write', 'readBack'].map((name) => `${name} done`),
    );
    expect(await shownBySql('client_idle_limit')).toBe('7s');
    expect(fileText('pgpool.conf')).toContain('client_idle_limit = 7');
    const state = await engine.operations.configurationState();
    expect(state).toMatchObject({ fileHash: report.versionHash, runningHash: report.versionHash });
    expect(state.current).toMatchObject({ hash: report.versionHash, by: 'console: alice' });
    expect((await engine.operations.events(0)).at(-1)).toMatchObject({
      kind: 'configurationApplied',
      by: BY,
      message: expect.stringContaining('fewer idle clients'),
    });
    expect(fs.statSync(path.join(engine.directory, 'versions')).mode & 0o777).toBe(0o700);
    expect(fs.existsSync(path.join(engine.directory, 'versions', 'pending'))).toBe(false);
  });

  it('brings a parameter that the version lacks back to its default', async () => {
    const report = await apply((text) => text.replace(/^client_idle_limit = .*\n/m, ''));
    expect(report).toMatchObject({ outcome: 'inStep', changed: ['client_idle_limit'] });
    expect(await shownBySql('client_idle_limit')).toBe('0');
    const { parameters } = await engine.operations.configurationRunning();
    expect(parameters.find(({ name }) => name === 'client_idle_limit')).toMatchObject({ source: 'default' });
  });

  it('takes secrets beside the text, keeps the ones it has, and is known by the key of the console', async () => {
    const report = await apply(
      (text) => `${text}recovery_password = 'secret:recovery_password#1'\nrecovery_user = 'postgres'\n`,
      { secrets: { 'recovery_password#1': 'canary in the mine' }, clusterKey: CLUSTER_KEY },
    );
    expect(report.outcome).toBe('inStep');
    expect(fileText('pgpool.conf')).toContain('canary in the mine');
    expect(fileText('pgpool.conf')).toContain(cluster.secrets.probe.password);
    const { files, keyId } = await engine.operations.configurationFiles();
    expect(files[0]?.text).toContain("'secret:recovery_password#1'");
    expect(keyId).toBe(report.keyId);
    const stored = fs.readdirSync(path.join(engine.directory, 'versions', report.versionHash));
    for (const name of stored) {
      const file = path.join(engine.directory, 'versions', report.versionHash, name);
      expect(fs.statSync(file).mode & 0o777).toBe(0o600);
      if (name.endsWith('.conf')) expect(fs.readFileSync(file, 'utf8')).not.toContain('canary');
    }
    // The next version refers to what the engine holds.
    const again = await apply(idleLimit(9), { clusterKey: CLUSTER_KEY });
    expect(again).toMatchObject({ outcome: 'inStep', keyId });
    expect(fileText('pgpool.conf')).toContain('canary in the mine');
    expect(engine.logText()).not.toContain('canary');
    const missing = await apply((text) => text.replace('recovery_password#1', 'recovery_password#2'));
    expect(missing).toMatchObject({ outcome: 'rejected', errors: [expect.stringContaining('recovery_password#2')] });
  });

  it('that has an error, or that the workers refuse, leaves everything as it was', async () => {
    const before = fileText('pgpool.conf');
    const bad = await apply((text) => `${text}port = none\n`);
    expect(bad).toMatchObject({ outcome: 'rejected', steps: [{ name: 'check', state: 'failed' }] });
    expect(bad.errors[0]).toMatch(/^pgpool\.conf:\d+: port/);
    expect(fileText('pgpool.conf')).toBe(before);
    expect((await engine.operations.configurationState()).current).toBeNull();
    expect(fs.existsSync(path.join(engine.directory, 'versions', 'pending'))).toBe(false);
  });

  it('that the workers refuse leaves everything as it was', async () => {
    const { cert, key } = new Certificates().authority('localhost');
    await engine.stop();
    engine = await engineFor(cluster, {
      settings: { ssl: true, ssl_cert: 'cert.pem', ssl_key: 'key.pem', client_idle_limit: 100 },
      files: { 'cert.pem': cert, 'key.pem': key },
    });
    const before = fileText('pgpool.conf');
    engine.write('cert.pem', 'no certificate any more');
    const refused = await apply(idleLimit(7));
    expect(refused.steps.at(-1)).toMatchObject({ name: 'reload', state: 'failed' });
    expect(refused.outcome).toBe('rejected');
    expect(refused.errors[0]).toContain('cert.pem');
    expect(fileText('pgpool.conf')).toBe(before);
    expect((await engine.operations.configurationState()).current).toBeNull();
    expect(await runningValue('client_idle_limit')).toBe('100s');
    expect((await engine.operations.events(0)).at(-1)).toMatchObject({ kind: 'configurationRejected', by: BY });
    expect(fs.existsSync(path.join(engine.directory, 'versions', 'pending'))).toBe(false);
  });

  it.each(['pending', 'committed', 'hbaWritten', 'written'])(
    'that cannot be written to the end (%s) leaves everything as it was',
    async (point) => {
      const texts = (): string[] => ['pgpool.conf', 'pool_hba.conf'].map((name) => fileText(name));
      await apply(idleLimit(50));
      const { current } = await engine.operations.configurationState();
      const before = texts();
      engine.write('fails-at', point);
      const failed = await apply(idleLimit(7), {
        files: { 'pgpool.conf': idleLimit(7)(before[0] ?? ''), 'pool_hba.conf': `# new\n${before[1]}` },
      });
      expect(failed).toMatchObject({ outcome: 'rejected', errors: [expect.stringContaining('no space left')] });
      expect(texts()).toEqual(before);
      expect(await shownBySql('client_idle_limit')).toBe('50s');
      const state = await engine.operations.configurationState();
      expect(state.current).toEqual(current);
      expect(state.fileHash).toBe(state.runningHash);
      fs.rmSync(path.join(engine.directory, 'fails-at'));
      expect((await apply(idleLimit(8))).outcome).toBe('inStep');
    },
  );

  it('changes pool_hba.conf with it', async () => {
    const report = await apply((text) => text, {
      files: { 'pgpool.conf': fileText('pgpool.conf'), 'pool_hba.conf': 'host all all 127.0.0.1/32 reject\n' },
    });
    expect(report.outcome).toBe('inStep');
    await expect(RawClient.signIn(engine.address, { user: 'app', database: 'app' })).rejects.toThrow();
    expect(fileText('pool_hba.conf')).toContain('reject');
  });

  it('names what waits for a restart', async () => {
    const report = await apply((text) => `${text}num_init_children = 40\n`);
    expect(report).toMatchObject({ outcome: 'restartPending', needRestart: ['num_init_children'], different: [] });
    const running = await engine.operations.configurationRunning();
    expect(running.restartPending).toEqual(['num_init_children']);
    expect(running.parameters.find(({ name }) => name === 'num_init_children')).toMatchObject({
      value: '32',
      afterRestart: '40',
    });
    expect((await engine.reload()).needRestart).toEqual(['num_init_children']);
  });

  it('is refused when the caller goes by what is not so any more', async () => {
    const stale = await version(idleLimit(8));
    engine.configure({ client_idle_limit: 50 });
    await expect(engine.operations.applyConfiguration(stale, BY)).rejects.toMatchObject({ code: 'CONFLICT' });
    const other = await version(idleLimit(8), { versionHash: 'f'.repeat(64) });
    await expect(engine.operations.applyConfiguration(other, BY)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(fileText('pgpool.conf')).toContain('client_idle_limit = 50');
  });

  it.each([
    "failover_command = 'touch /tmp/x'\n",
    "work_dir = '/tmp'\n",
    'control_may_change_commands = on\n',
    "include = 'more.conf'\n",
  ])('does not change commands and paths: %j', async (line) => {
    const before = fileText('pgpool.conf');
    const refused = apply((text) => text + line);
    await expect(refused).rejects.toMatchObject({ code: 'NOT_ALLOWED' });
    expect(fileText('pgpool.conf')).toBe(before);
  });

  it('is refused where somebody else manages the files', async () => {
    fs.chmodSync(path.join(engine.directory, 'pgpool.conf'), 0o444);
    await expect(apply(idleLimit(8))).rejects.toMatchObject({ code: 'EXTERNALLY_MANAGED' });
    expect(await engine.operations.configurationFiles()).toMatchObject({
      externallyManaged: true,
      externallyManagedBecause: expect.stringContaining('read-only'),
    });
    expect(await runningValue('client_idle_limit')).toBe('100s');
  });
});

describe('drift', () => {
  it('is told within two seconds when somebody edits the file, and when what runs changes', async () => {
    const states: ConfigurationState[] = [];
    const end = engine.operations.watchConfiguration((state) => states.push(state));
    await until('the first state', () => states.length === 1);
    expect(states[0]?.fileHash).toBe(states[0]?.runningHash);
    engine.configure({ client_idle_limit: 55 });
    await until('the edit is told', () => states.at(-1)?.fileHash !== states.at(-1)?.runningHash, 2_500);
    await engine.reload();
    await until('the reload is told', () => states.at(-1)?.fileHash === states.at(-1)?.runningHash);
    expect(states.at(-1)?.snapshot).toBeGreaterThan(states[0]?.snapshot ?? 0);
    end();
  });
});

describe('kill -9 of the supervisor', () => {
  it.each(applyPoints)('when an apply has %s leaves it wholly on the old or the new one', async (point) => {
    const wanted = await version(idleLimit(7), {
      files: {
        'pgpool.conf': idleLimit(7)(fileText('pgpool.conf')),
        'pool_hba.conf': `# new\n${fileText('pool_hba.conf')}`,
      },
    });
    engine.write('killed-at', point);
    void engine.operations.applyConfiguration(wanted, BY).catch(() => {});
    await engine.ended();
    fs.rmSync(path.join(engine.directory, 'killed-at'));
    engine = await Engine.again(engine);
    const isNew = ['committed', 'hbaWritten', 'written', 'readBack'].includes(point);
    expect(await runningValue('client_idle_limit')).toBe(isNew ? '7s' : '100s');
    expect(fileText('pool_hba.conf').startsWith('# new')).toBe(isNew);
    expect(fileText('pgpool.conf')).toContain(`client_idle_limit = ${isNew ? 7 : 100}`);
    const state = await engine.operations.configurationState();
    expect(state.fileHash).toBe(state.runningHash);
    expect(state.current?.hash ?? null).toBe(isNew ? state.fileHash : null);
    expect(fs.existsSync(path.join(engine.directory, 'versions', 'pending'))).toBe(false);
    // It can be applied once more.
    expect((await apply(idleLimit(8))).outcome).toBe('inStep');
  });

  it('does not write over what somebody has changed by hand since', async () => {
    engine.write('killed-at', 'committed');
    void apply(idleLimit(7)).catch(() => {});
    await engine.ended();
    fs.rmSync(path.join(engine.directory, 'killed-at'));
    engine.configure({ client_idle_limit: 33 });
    engine = await Engine.again(engine);
    expect(await runningValue('client_idle_limit')).toBe('33s');
    expect(engine.logText()).toContain('it is left as it is');
  });
});
