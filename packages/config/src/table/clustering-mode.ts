import type { ParameterGroup } from './entry.ts';

export const clusteringMode = {
  backend_clustering_mode: {
    type: 'enum',
    default: 'streaming_replication',
    values: ['streaming_replication', 'native_replication', 'logical_replication', 'raw', 'snapshot_isolation'],
    context: 'start',
    since: '4.2',
    doc: "What keeps the servers' data the same. In `streaming_replication` they do it themselves and the proxy finds the primary; in `logical_replication` likewise for the published tables; in `native_replication` and `snapshot_isolation` the proxy sends every write to all servers; in `raw` the servers have nothing to do with each other and one is used at a time.",
  },
  replication_stop_on_mismatch: {
    type: 'bool',
    default: false,
    context: 'reload',
    since: '2.2',
    doc: 'Detach the servers that answer differently from the majority. When off, only the session that saw the difference ends. It concerns the modes in which the proxy replicates.',
  },
  failover_if_affected_tuples_mismatch: {
    type: 'bool',
    default: false,
    context: 'reload',
    since: '3.0',
    doc: "Detach the servers whose count of changed rows differs from the majority's. When off, the transaction fails and nobody is detached. It concerns the modes in which the proxy replicates.",
  },
  replicate_select: {
    type: 'bool',
    default: false,
    context: 'reload',
    since: '2.2',
    doc: 'Send reads to every server when the proxy replicates. When off, one server answers them.',
  },
  insert_lock: {
    type: 'bool',
    default: true,
    context: 'reload',
    since: '2.2',
    doc: 'Lock a table with a sequence while a row is inserted. The servers then hand out the same numbers when the proxy replicates. Comments before a statement can override it.',
  },
  lobj_lock_table: {
    type: 'string',
    default: '',
    context: 'reload',
    since: '2.3',
    doc: 'Table that is locked while a new large object gets its number. All users need the right to lock it. Empty: large objects are not replicated. It concerns the modes in which the proxy replicates.',
  },
  replication_mode: {
    type: 'bool',
    default: false,
    context: 'start',
    since: '2.2',
    doc: 'Switch from releases before 4.2 that chose native replication. Use backend_clustering_mode. A file without backend_clustering_mode that turns this on still gets native replication, with a warning.',
  },
} as const satisfies ParameterGroup;
