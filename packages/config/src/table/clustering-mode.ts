import type { ParameterGroup } from './entry.ts';

export const clusteringMode = {
  backend_clustering_mode: {
    type: 'enum',
    default: 'streaming_replication',
    values: ['streaming_replication', 'native_replication', 'logical_replication', 'raw', 'snapshot_isolation'],
    context: 'start',
    since: '4.2',
    doc: '',
  },
  replication_stop_on_mismatch: {
    type: 'bool',
    default: false,
    context: 'reload',
    since: '2.2',
    doc: '',
  },
  failover_if_affected_tuples_mismatch: {
    type: 'bool',
    default: false,
    context: 'reload',
    since: '3.0',
    doc: '',
  },
  replicate_select: {
    type: 'bool',
    default: false,
    context: 'reload',
    since: '2.2',
    doc: '',
  },
  insert_lock: {
    type: 'bool',
    default: true,
    context: 'reload',
    since: '2.2',
    doc: '',
  },
  lobj_lock_table: {
    type: 'string',
    default: '',
    context: 'reload',
    since: '2.3',
    doc: '',
  },
  replication_mode: {
    type: 'bool',
    default: false,
    context: 'start',
    since: '2.2',
    doc: '',
  },
} as const satisfies ParameterGroup;
