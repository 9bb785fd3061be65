import type { EngineStatus, NodeStatus } from '@pgherd/operations';
import { expect, test } from 'vitest';
import { renderMetrics } from './render.ts';

const node = (id: number, over: Partial<NodeStatus>): NodeStatus => ({
  id,
  hostname: 'db',
  port: 5432,
  status: 'up',
  pgStatus: 'up',
  role: 'standby',
  pgRole: 'standby',
  weight: 0.5,
  statements: 0,
  counts: {
    ...{ selects: 0, inserts: 0, updates: 0, deletes: 0, ddls: 0, others: 0 },
    ...{ panics: 0, fatals: 0, errors: 0 },
  },
  lagBytes: null,
  lagMs: null,
  replayLsn: null,
  replicationState: '',
  replicationSyncState: '',
  healthCheck: {
    ...{ total: 4, success: 2, fail: 1, skip: 1, retries: 3, retriesAverage: 1, retriesMax: 3 },
    ...{ durationMaxMs: 0, durationMinMs: 0, durationAverageMs: 0 },
    ...{ last: null, lastSuccess: null, lastSkip: null, lastFail: null },
  },
  lastStatusChange: '2026-01-01T00:00:00.000Z',
  reason: null,
  attached: true,
  decidedBy: 'configuration',
  timeline: 1,
  receivedLsn: null,
  upstream: null,
  systemIdentifier: null,
  replaced: false,
  ...over,
});

const status = (nodes: NodeStatus[]): EngineStatus => ({
  ...{ version: '1', ready: true, notReady: [], startedAt: '', epoch: 1, primary: 0 },
  ...{ clientsMax: 0, clients: 0, clientsWaiting: 0, clientsRefused: 0, configurationId: 1, latencyBucketsMs: [] },
  nodes,
  workers: [],
  supervisor: { pid: 1, rssBytes: 0, loopDelayMs: { mean: 0, max: 0, p99: 0 }, workersReplaced: 0 },
});

test('lag is told of the nodes where it was measured, in bytes and seconds', () => {
  const lines = renderMetrics(
    status([node(0, { lagBytes: 0, lagMs: 0 }), node(1, { lagBytes: 42, lagMs: 1500 }), node(2, {})]),
  );
  expect(lines.split('\n').filter((line) => line.startsWith('pgherd_node_lag_'))).toEqual([
    'pgherd_node_lag_bytes{node="0"} 0',
    'pgherd_node_lag_bytes{node="1"} 42',
    'pgherd_node_lag_seconds{node="0"} 0',
    'pgherd_node_lag_seconds{node="1"} 1.5',
  ]);
});

test('health checks are counted by result', () => {
  const lines = renderMetrics(status([node(1, {})])).split('\n');
  expect(lines.filter((line) => line.startsWith('pgherd_health_check'))).toEqual([
    'pgherd_health_checks_total{node="1",result="success"} 2',
    'pgherd_health_checks_total{node="1",result="fail"} 1',
    'pgherd_health_checks_total{node="1",result="skip"} 1',
    'pgherd_health_check_retries_total{node="1"} 3',
  ]);
});
