import type { ParameterGroup } from './entry.ts';

export const watchdogFailoverControl = {
  failover_when_quorum_exists: {
    type: 'bool',
    default: true,
    context: 'start',
    since: '3.7',
    doc: '',
  },
  failover_require_consensus: {
    type: 'bool',
    default: true,
    context: 'start',
    since: '3.7',
    doc: '',
  },
  allow_multiple_failover_requests_from_node: {
    type: 'bool',
    default: false,
    context: 'start',
    since: '3.7',
    doc: '',
  },
  enable_consensus_with_half_votes: {
    type: 'bool',
    default: false,
    context: 'start',
    since: '4.1',
    doc: '',
  },
} as const satisfies ParameterGroup;
