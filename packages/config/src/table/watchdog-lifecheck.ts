import type { ParameterGroup } from './entry.ts';
import { INT } from './entry.ts';

export const watchdogLifecheck = {
  wd_lifecheck_method: {
    type: 'enum',
    default: 'heartbeat',
    values: ['query', 'heartbeat', 'external'],
    context: 'start',
    since: '3.3',
    doc: '',
  },
  wd_monitoring_interfaces_list: {
    type: 'list',
    default: '',
    separator: ',',
    context: 'start',
    since: '3.5',
    doc: '',
  },
  wd_interval: {
    type: 'int',
    default: 10,
    min: 0,
    max: INT,
    unit: 's',
    context: 'start',
    since: '3.2',
    doc: '',
  },
  wd_priority: {
    type: 'int',
    default: 1,
    min: 0,
    max: INT,
    context: 'start',
    since: '3.5',
    doc: '',
  },
  wd_ipc_socket_dir: {
    type: 'string',
    default: '/tmp',
    context: 'start',
    since: '3.5',
    doc: '',
  },
} as const satisfies ParameterGroup;
