import { expect, test } from 'vitest';
import {
  type AdviceExtras,
  configAdvice,
  connectionsPerServer,
  defaults,
  loadConfig,
  parseHba,
  type Settings,
} from '../index.ts';

const load = (text: string): Settings => {
  const result = loadConfig({ text, file: 'f' });
  if (!result.ok) throw new Error(text);
  return result.settings;
};
const TWO =
  'backend_port0 = 5432 backend_port1 = 5433 backend_weight1 = 1 health_check_period = 10 admin_users = postgres ';
const codes = (text: string, extras: AdviceExtras = {}): readonly string[] =>
  configAdvice(load(text), { ignore: ['connections-per-server'], ...extras }).map((a) => a.code);

test('a sound configuration gets no advice', () => expect(codes(TWO)).toEqual([]));

test('connections per server count pools, the own links and replication, not processes times pools', () => {
  const settings = load('num_init_children = 100 max_pool = 4 worker_processes = 3 replication_connections = 5');
  expect(connectionsPerServer(settings)).toEqual({
    pooled: 100,
    internal: 3,
    replication: 5,
    total: 108,
    pgpoolTotal: 400,
  });
  expect(connectionsPerServer(load('num_init_children = 2 max_pool = 10')).pooled).toBe(10);
});

test('servers with too few connections for all proxies are named', () => {
  const text = `${TWO} num_init_children = 80 worker_processes = 2 replication_connections = 8`;
  expect(codes(text, { serverMaxConnections: [90, 90] })).toEqual([]);
  const short = configAdvice(load(text), { serverMaxConnections: [null, 97], proxies: 2 });
  expect(short.find((a) => a.code === 'too-few-server-connections')?.message).toBe(
    'up to 180 connections may be opened to each server, but node 1 allows 97',
  );
  expect(codes(text, { serverMaxConnections: [89, null] })).toEqual(['too-few-server-connections']);
});

test.each([
  ['backend_flag0 = ALWAYS_PRIMARY', 'always-primary-with-streaming-check'],
  ['sr_check_period = 0', 'no-streaming-check'],
  ['health_check_period = 0', 'no-health-check'],
  ['backend_weight1 = 0', 'no-weight'],
  ['backend_flag0 = ALWAYS_PRIMARY sr_check_period = 0 backend_weight0 = 1', 'primary-serves-reads'],
  ['allow_clear_text_frontend_auth = on', 'clear-text-without-tls'],
  ["admin_users = ''", 'statements-visible-to-all'],
])('%s is advised against as %s, and can be told to be silent', (text, code) => {
  expect(codes(TWO + text)).toEqual([code]);
  expect(codes(TWO + text, { ignore: ['connections-per-server', code] })).toEqual([]);
});

test('a known primary with weight is found without its flag', () => {
  expect(codes(`${TWO} backend_weight0 = 1`, { primaryId: 0 })).toEqual(['primary-serves-reads']);
});

test('lines that ask for clear text without TLS are named, with TLS they are not', () => {
  const hba = parseHba({ text: 'host all all all password\nhostssl all all all password', file: 'pool_hba.conf' });
  const hbaRules = hba.ok ? hba.rules : [];
  expect(codes(`${TWO} enable_pool_hba = on`, { hbaRules })).toEqual(['clear-text-without-tls']);
  expect(codes(TWO, { hbaRules })).toEqual([]);
  expect(codes(`${TWO} allow_clear_text_frontend_auth = on ssl = on`)).toEqual([]);
});

test('password files open to others are named', () => {
  expect(codes(TWO, { fileModes: { '/etc/pool_passwd': 0o100644, '/etc/pcp.conf': 0o100600 } })).toEqual([
    'password-file-readable',
  ]);
});

test('every advice has a reason', () => {
  for (const advice of configAdvice(defaults())) expect(advice.reason).toMatch(/\.$/);
});

test('servers that are found by themselves have to prove who they are', () => {
  const CODE = 'discovered-standby-unproved';
  const found = `${TWO} auto_discover_standby = attach `;
  expect(codes(TWO)).not.toContain(CODE);
  expect(codes(found)).toContain(CODE);
  expect(codes(`${found} ssl = on`)).toContain(CODE);
  expect(codes(`${found} ssl = on ssl_ca_cert = 'ca.pem'`)).not.toContain(CODE);
});
