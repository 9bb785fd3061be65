/** A room behind the door that answers what a test put there and remembers what was asked. */
import type { EngineStatus, NodeStatus, Operation, ReloadReport, Shown, Wish } from '@pgherd/operations';
import type { PcpOperations } from '../server/commands/command.ts';
import { PROCESS_FIELDS } from '../wire/process-info.ts';

export const CHANGED_AT = '2026-11-20T16:08:28.000Z';

export function fakeNode(id: number, changes: Partial<NodeStatus> = {}): NodeStatus {
  const primary = id === 0;
  return {
    id,
    hostname: '127.0.0.1',
    port: 27_810 + id,
    status: 'waiting',
    pgStatus: 'up',
    role: primary ? 'primary' : 'standby',
    pgRole: primary ? 'primary' : 'standby',
    weight: 0.5,
    statements: 0,
    counts: { selects: 0, inserts: 0, updates: 0, deletes: 0, ddls: 0, others: 0, panics: 0, fatals: 0, errors: 0 },
    lagBytes: 0,
    lagMs: 0,
    replayLsn: null,
    replicationState: primary ? '' : 'streaming',
    replicationSyncState: primary ? '' : 'async',
    healthCheck: {
      ...{ total: 0, success: 0, fail: 0, skip: 0, retries: 0, retriesAverage: 0, retriesMax: 0 },
      ...{ durationMaxMs: 0, durationMinMs: 0, durationAverageMs: 0 },
      ...{ last: null, lastSuccess: null, lastSkip: null, lastFail: null },
    },
    lastStatusChange: CHANGED_AT,
    reason: null,
    attached: true,
    decidedBy: 'configuration',
    timeline: 1,
    receivedLsn: null,
    upstream: null,
    systemIdentifier: null,
    replaced: false,
    ...changes,
  };
}

export interface Called {
  readonly name: string;
  readonly args: readonly unknown[];
}

export class FakeOperations implements PcpOperations {
  readonly called: Called[] = [];
  nodes: NodeStatus[] = [fakeNode(0), fakeNode(1)];
  rows: Record<string, Shown> = {};
  running: Operation[] = [];
  /** What begin and the other acts fail with. */
  refusal: Error | null = null;
  /** How an act ends; a promise that hangs is one that goes on. */
  end: (wish: Wish) => Promise<Operation> = (wish) => Promise.resolve(operationOf(wish, 'done'));
  report: ReloadReport = { ok: true, changed: [], needRestart: [], errors: [], warnings: [], tookMs: 1 };
  private readonly wishes: Wish[] = [];

  status(): EngineStatus {
    return { nodes: this.nodes, primary: 0 } as unknown as EngineStatus;
  }
  show(name: string): Shown {
    this.called.push({ name: 'show', args: [name] });
    const shown = this.rows[name] ?? (name === 'pool_nodes' ? this.poolNodes() : undefined);
    if (shown === undefined) throw new Error(`the test has no rows of ${name}`);
    return shown;
  }
  operations(): readonly Operation[] {
    return this.running;
  }
  begin(wish: Wish, by: unknown): Operation {
    this.act('begin', wish, by);
    this.wishes.push(wish);
    return operationOf(wish, 'running', String(this.wishes.length - 1));
  }
  ended(id: string): Promise<Operation> {
    return this.end(this.wishes[Number(id)] as Wish);
  }
  async reload(by: unknown): Promise<ReloadReport> {
    this.act('reload', by);
    return this.report;
  }
  async stop(mode: unknown, by: unknown): Promise<void> {
    this.act('stop', mode, by);
  }
  rotateLog(by: unknown): void {
    this.act('rotateLog', by);
  }
  invalidateCache(by: unknown): void {
    this.act('invalidateCache', by);
  }

  private act(name: string, ...args: readonly unknown[]): void {
    this.called.push({ name, args });
    if (this.refusal !== null) throw this.refusal;
  }

  private poolNodes(): Shown {
    return {
      columns: ['node_id', 'role', 'replication_delay'],
      rows: this.nodes.map((node) => [String(node.id), node.role, '0']),
    };
  }
}

export function operationOf(wish: Wish, state: Operation['state'], id = '0', error: string | null = null): Operation {
  return {
    id,
    act: wish.act,
    node: null,
    by: { door: 'pcp', user: 'ann', address: '' },
    state,
    steps: [],
    progress: null,
    startedAt: CHANGED_AT,
    endedAt: null,
    error,
    output: [],
  };
}

/** SHOW pool_pools of one client with connections to both nodes, and one free slot. */
export function poolPools(statement = 'select 1'): Shown {
  const time = '2026-11-20 16:08:28';
  const client = (node: string, pid: string): string[] => [
    ...['4711', time, '3', '0', node, 'app', 'ann', time, time, '', '7', '3', '0', '2', pid, '1', 'Idle'],
    ...[node === '1' ? '1' : '0', '10.0.0.9', '40000', node === '1' ? statement : ''],
  ];
  const free = (node: string): string[] => [
    ...['4711', time, '3', '0', node, '', '', '', '', '', '0', '0', '0', '0', '0', '0', 'Wait for connection'],
    ...['0', '', '', ''],
  ];
  return { columns: PROCESS_FIELDS, rows: [client('0', '901'), client('1', '902'), free('0'), free('1')] };
}

export const HEALTH_ROW = [
  ...['0', '127.0.0.1', '27810', 'waiting', 'primary', '2026-11-20 16:08:28', '16', '16', '0', '0', '0'],
  ...['0.000000', '0', '15', '6', '8.562500', '2026-11-20 16:08:58', '2026-11-20 16:08:58', '', ''],
];
