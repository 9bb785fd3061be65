import type { ParameterGroup } from './entry.ts';
import { INT } from './entry.ts';

export const watchdogMembership = {
  wd_remove_shutdown_nodes: {
    type: 'bool',
    default: false,
    context: 'reload',
    since: '4.3',
    doc: '',
  },
  wd_lost_node_removal_timeout: {
    type: 'int',
    default: 0,
    min: 0,
    max: INT,
    unit: 's',
    context: 'reload',
    since: '4.3',
    doc: '',
  },
  wd_no_show_node_removal_timeout: {
    type: 'int',
    default: 0,
    min: 0,
    max: INT,
    unit: 's',
    context: 'reload',
    since: '4.3',
    doc: '',
  },
} as const satisfies ParameterGroup;
