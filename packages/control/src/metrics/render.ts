/** The engine's status in Prometheus's text format. Label sets are bounded: node ids, worker indexes, SQLSTATEs. */
import type { EngineStatus } from '@pgherd/operations';

type Kind = 'gauge' | 'counter' | 'histogram';
type Labels = Readonly<Record<string, string | number>>;

/** SQLSTATEs come from servers; a server that invents new ones must not fill memory. */
const SQLSTATES_MAX = 300;

class Page {
  private readonly lines: string[] = [];

  metric(name: string, kind: Kind, help: string, samples: readonly (readonly [Labels, number])[]): void {
    this.lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`);
    for (const [labels, value] of samples) this.lines.push(`${name}${labelText(labels)} ${value}`);
  }

  line(text: string): void {
    this.lines.push(text);
  }

  toString(): string {
    return `${this.lines.join('\n')}\n`;
  }
}

function labelText(labels: Labels): string {
  const entries = Object.entries(labels);
  if (entries.length === 0) return '';
  return `{${entries.map(([name, value]) => `${name}="${escapeLabel(String(value))}"`).join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

export function renderMetrics(status: EngineStatus): string {
  const page = new Page();
  const { workers, nodes } = status;
  const sum = (pick: (worker: EngineStatus['workers'][number]) => number): number =>
    workers.reduce((total, worker) => total + pick(worker), 0);
  const one = (value: number): [Labels, number][] => [[{}, value]];
  const perWorker = (pick: (worker: EngineStatus['workers'][number]) => number): [Labels, number][] =>
    workers.map((worker) => [{ worker: worker.index }, pick(worker)]);

  page.metric('pgherd_info', 'gauge', 'Version of the running engine.', [[{ version: status.version }, 1]]);
  page.metric('pgherd_ready', 'gauge', '1 when clients can be served.', one(status.ready ? 1 : 0));
  page.metric('pgherd_epoch', 'gauge', 'Epoch of the herd; each change of primary raises it.', one(status.epoch));
  page.metric('pgherd_clients', 'gauge', 'Clients that hold a slot.', one(status.clients));
  page.metric('pgherd_clients_max', 'gauge', 'Client slots (num_init_children).', one(status.clientsMax));
  page.metric('pgherd_clients_waiting', 'gauge', 'Clients that wait for a slot.', one(status.clientsWaiting));
  page.metric('pgherd_clients_refused_total', 'counter', 'Clients refused with 53300.', one(status.clientsRefused));
  page.metric('pgherd_connections_total', 'counter', 'Connections accepted.', one(sum((w) => w.clients)));
  page.metric(
    'pgherd_sessions',
    'gauge',
    'Sessions by worker.',
    perWorker((w) => w.sessions),
  );
  page.metric('pgherd_cancel_requests_total', 'counter', 'Cancel requests received.', one(sum((w) => w.cancels)));
  page.metric(
    'pgherd_cancel_requests_unknown_total',
    'counter',
    'Cancel requests with a key that fits no session.',
    one(sum((w) => w.wrongCancels)),
  );
  page.metric(
    'pgherd_pool_links',
    'gauge',
    'Backend connections by worker and state.',
    workers.flatMap((w): [Labels, number][] => [
      [{ worker: w.index, state: 'idle' }, w.linksIdle],
      [{ worker: w.index, state: 'used' }, w.linksTotal - w.linksIdle],
    ]),
  );
  page.metric('pgherd_pool_opened_total', 'counter', 'Backend connections opened.', one(sum((w) => w.opened)));
  page.metric(
    'pgherd_pool_reused_total',
    'counter',
    'Sessions that got a pooled connection.',
    one(sum((w) => w.reused)),
  );
  page.metric(
    'pgherd_pool_evicted_total',
    'counter',
    'Idle connections closed to make room.',
    one(sum((w) => w.evicted)),
  );
  page.metric(
    'pgherd_pool_waits_total',
    'counter',
    'Times that a session waited for room in the pool.',
    one(sum((w) => w.waits)),
  );
  page.metric(
    'pgherd_pool_waiting',
    'gauge',
    'Sessions that wait for room in the pool now.',
    perWorker((w) => w.waiting),
  );
  page.metric(
    'pgherd_node_up',
    'gauge',
    '1 when the last probe of the node succeeded.',
    nodes.map((node): [Labels, number] => [
      { node: node.id, host: node.hostname, port: node.port },
      node.status === 'down' ? 0 : 1,
    ]),
  );
  page.metric(
    'pgherd_node_primary',
    'gauge',
    '1 for the node that takes writes.',
    nodes.map((node): [Labels, number] => [{ node: node.id }, node.id === status.primary ? 1 : 0]),
  );
  page.metric(
    'pgherd_node_statements_total',
    'counter',
    'Statements sent to the node.',
    nodes.map((node): [Labels, number] => [{ node: node.id }, node.statements]),
  );
  page.metric(
    'pgherd_node_lag_bytes',
    'gauge',
    'WAL that the node has not replayed yet, at the last streaming check.',
    nodes.flatMap((node): [Labels, number][] => (node.lagBytes === null ? [] : [[{ node: node.id }, node.lagBytes]])),
  );
  page.metric(
    'pgherd_node_lag_seconds',
    'gauge',
    'replay_lag of the node in pg_stat_replication (needs backend_application_name and pg_monitor).',
    nodes.flatMap((node): [Labels, number][] => (node.lagMs === null ? [] : [[{ node: node.id }, node.lagMs / 1000]])),
  );
  page.metric(
    'pgherd_health_checks_total',
    'counter',
    'Health checks by node and result.',
    nodes.flatMap((node): [Labels, number][] =>
      (['success', 'fail', 'skip'] as const).map((result) => [{ node: node.id, result }, node.healthCheck[result]]),
    ),
  );
  page.metric(
    'pgherd_health_check_retries_total',
    'counter',
    'Looks that health checks took after a failed one.',
    nodes.map((node): [Labels, number] => [{ node: node.id }, node.healthCheck.retries]),
  );
  renderLatency(page, status);
  renderSqlStates(page, status);
  page.metric('pgherd_event_loop_delay_seconds', 'gauge', 'Event-loop delay over the last second.', [
    ...loopSamples('supervisor', status.supervisor.loopDelayMs),
    ...workers.flatMap((w) => loopSamples(`worker ${w.index}`, w.loopDelayMs)),
  ]);
  page.metric('pgherd_resident_memory_bytes', 'gauge', 'Resident memory by process.', [
    [{ process: 'supervisor' }, status.supervisor.rssBytes],
    ...workers.map((w): [Labels, number] => [{ process: `worker ${w.index}` }, w.rssBytes]),
  ]);
  page.metric(
    'pgherd_workers_replaced_total',
    'counter',
    'Workers that died and were replaced.',
    one(status.supervisor.workersReplaced),
  );
  page.metric(
    'pgherd_log_lines_dropped_total',
    'counter',
    'Log lines dropped because the log was not read fast enough.',
    one(sum((w) => w.logLinesDropped)),
  );
  return page.toString();
}

function loopSamples(name: string, delay: { mean: number; max: number; p99: number }): [Labels, number][] {
  return (['mean', 'p99', 'max'] as const).map((which) => [{ process: name, value: which }, delay[which] / 1000]);
}

function renderLatency(page: Page, status: EngineStatus): void {
  const { latencyBucketsMs, workers } = status;
  const counts = new Array<number>(latencyBucketsMs.length + 1).fill(0);
  for (const worker of workers)
    worker.latency.forEach((count, i) => {
      counts[i] = (counts[i] ?? 0) + count;
    });
  const name = 'pgherd_request_seconds';
  page.metric(name, 'histogram', 'Time from a request to ReadyForQuery.', []);
  let total = 0;
  latencyBucketsMs.forEach((limit, i) => {
    total += counts[i] ?? 0;
    page.line(`${name}_bucket{le="${limit / 1000}"} ${total}`);
  });
  total += counts[latencyBucketsMs.length] ?? 0;
  page.line(`${name}_bucket{le="+Inf"} ${total}`);
  page.line(`${name}_sum ${workers.reduce((sum, worker) => sum + worker.latencySumMs, 0) / 1000}`);
  page.line(`${name}_count ${total}`);
}

function renderSqlStates(page: Page, status: EngineStatus): void {
  const totals = new Map<string, number>();
  for (const worker of status.workers) {
    for (const [code, count] of Object.entries(worker.sqlStates)) totals.set(code, (totals.get(code) ?? 0) + count);
  }
  const samples = [...totals]
    .slice(0, SQLSTATES_MAX)
    .map(([code, count]): [Labels, number] => [{ sqlstate: code }, count]);
  page.metric('pgherd_errors_total', 'counter', 'ErrorResponses from servers by SQLSTATE.', samples);
}
