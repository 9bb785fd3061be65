import type { ParameterGroup } from './entry.ts';
import { INT } from './entry.ts';

export const watchdogMembership = {
  wd_remove_shutdown_nodes: {
    type: 'bool',
    default: false,
    context: 'reload',
    since: '4.3',
    doc: 'Stop counting a proxy for the quorum as soon as it was shut down properly.',
  },
  wd_lost_node_removal_timeout: {
    type: 'int',
    default: 0,
    min: 0,
    max: INT,
    unit: 's',
    context: 'reload',
    since: '4.3',
    doc: 'Time after which a lost proxy stops counting for the quorum. 0 counts it for ever.',
  },
  wd_no_show_node_removal_timeout: {
    type: 'int',
    default: 0,
    min: 0,
    max: INT,
    unit: 's',
    context: 'reload',
    since: '4.3',
    doc: 'Time after which a proxy that never showed up stops counting for the quorum. 0 counts it for ever.',
  },
} as const satisfies ParameterGroup;
