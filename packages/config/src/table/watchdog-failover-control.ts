import type { ParameterGroup } from './entry.ts';

export const watchdogFailoverControl = {
  failover_when_quorum_exists: {
    type: 'bool',
    default: true,
    context: 'start',
    since: '3.7',
    doc: 'Detach a server only while more than half of the proxies can talk to each other. Otherwise the server is put in quarantine, where it gets no statements until things clear up.',
  },
  failover_require_consensus: {
    type: 'bool',
    default: true,
    context: 'start',
    since: '3.7',
    doc: 'Detach a server only when enough proxies say that it failed. It needs failover_when_quorum_exists.',
  },
  allow_multiple_failover_requests_from_node: {
    type: 'bool',
    default: false,
    context: 'start',
    since: '3.7',
    doc: 'Count repeated reports of one proxy as several votes. When off, a proxy has one vote.',
  },
  enable_consensus_with_half_votes: {
    type: 'bool',
    default: false,
    context: 'start',
    since: '4.1',
    doc: 'Let exactly half of the votes be enough when the number of proxies is even. Two halves that do not see each other can then both act.',
  },
} as const satisfies ParameterGroup;
