import { describe, expect, test } from 'vitest';
import { applyReload, diffSettings, formatIssue, loadConfig, parseConfig, type Settings } from '../index.ts';

const load = (text: string): Settings => {
  const result = loadConfig({ text, file: 'f' });
  if (!result.ok) throw new Error(result.issues.map(formatIssue).join('\n'));
  return result.settings;
};
const NODE0 = "backend_hostname0 = 'a' backend_port0 = 5432 backend_weight0 = 1\n";
const NODE1 = "backend_hostname1 = 'b' backend_port1 = 5433 backend_weight1 = 1\n";

describe('a difference', () => {
  test('is named with its old and new value and with what brings it into effect', () => {
    const old = load(`${NODE0} port = 5000 authentication_timeout = 60 log_connections = off`);
    const next = load(`${NODE0} port = 6000 authentication_timeout = 1min log_connections = on backend_weight0 = 3`);
    expect(diffSettings(old, next)).toEqual([
      { name: 'port', old: '5000', new: '6000', effect: 'restart' },
      { name: 'backend_weight0', old: '1', new: '3', effect: 'new sessions' },
      { name: 'log_connections', old: 'off', new: 'on', effect: 'reload' },
    ]);
  });

  test('of equal settings is empty, lists included', () => {
    expect(diffSettings(load("listen_addresses = 'a, b'"), load("listen_addresses = 'a,b'"))).toEqual([]);
  });

  test('never shows a secret', () => {
    const changes = diffSettings(
      load("sr_check_password = 'one'"),
      load("sr_check_password = 'two' wd_authkey = 'three'"),
    );
    expect(changes.map((c) => [c.name, c.old, c.new])).toEqual([
      ['sr_check_password', '*****', '*****'],
      ['wd_authkey', '*****', '*****'],
    ]);
  });

  test('of a health check is named once, for all nodes or for one', () => {
    const old = load(NODE0 + NODE1);
    expect(diffSettings(old, load(`${NODE0}${NODE1}health_check_period = 5`)).map((c) => c.name)).toEqual([
      'health_check_period',
    ]);
    expect(diffSettings(old, load(`${NODE0}${NODE1}health_check_period1 = 5`)).map((c) => c.name)).toEqual([
      'health_check_period1',
    ]);
  });

  test('shows a new backend, and that taking one away needs a restart', () => {
    const added = diffSettings(load(NODE0), load(NODE0 + NODE1));
    expect(added.find((c) => c.name === 'backend_port1')).toEqual({
      name: 'backend_port1',
      old: null,
      new: '5433',
      effect: 'reload',
    });
    const removed = diffSettings(load(NODE0 + NODE1), load(NODE0));
    expect(removed.every((c) => c.new === null && c.effect === 'restart')).toBe(true);
  });
});

describe('a reload', () => {
  test('keeps what only a start can change, and names it', () => {
    const { settings, ignored } = applyReload(
      load('port = 5000 log_connections = off'),
      load('port = 6000 log_connections = on'),
    );
    expect(settings).toMatchObject({ port: 5000, log_connections: true });
    expect(ignored).toEqual(['port']);
  });

  test('keeps host and port of a backend, and takes its weight, flag and name', () => {
    const next = load(
      "backend_hostname0 = 'z' backend_port0 = 9999 backend_weight0 = 2 backend_flag0 = ALWAYS_PRIMARY backend_application_name0 = n",
    );
    const { settings, ignored } = applyReload(load(NODE0), next);
    expect(settings.backends).toMatchObject([
      { id: 0, hostname: 'a', port: 5432, weight: 2, flags: { alwaysPrimary: true }, applicationName: 'n' },
    ]);
    expect(ignored).toEqual(['backend_hostname0', 'backend_port0']);
  });

  test('adds a backend, and never takes one away', () => {
    const both = load(NODE0 + NODE1);
    expect(applyReload(load(NODE0), both).settings.backends.map((b) => b.id)).toEqual([0, 1]);
    const after = applyReload(both, load(`${NODE0}health_check_period = 7`)).settings;
    expect(after.backends.map((b) => b.id)).toEqual([0, 1]);
    expect(after.healthChecks.map((h) => h.nodeId)).toEqual([0, 1]);
  });

  test('with an error changes nothing', () => {
    const previous = load('port = 5000');
    const before = structuredClone(previous);
    expect(parseConfig({ text: 'log_connections = on\nmax_pool = -1', file: 'f', previous }).ok).toBe(false);
    expect(previous).toEqual(before);
  });

  test('by parseConfig gives the settings to run with and an information per value that waits for a start', () => {
    const result = parseConfig({ text: 'port = 6000\nlog_connections = on', file: 'f', previous: load('port = 5000') });
    expect(result).toMatchObject({ ok: true, settings: { port: 5000, log_connections: true } });
    expect(result.warnings.map(formatIssue)).toEqual([
      'f:1: port has a new value that takes effect at the next start only',
    ]);
  });
});
