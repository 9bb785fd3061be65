import type { ParameterGroup } from './entry.ts';
import { INT } from './entry.ts';

export const watchdogLifecheck = {
  wd_lifecheck_method: {
    type: 'enum',
    default: 'heartbeat',
    values: ['query', 'heartbeat', 'external'],
    context: 'start',
    since: '3.3',
    doc: 'How the proxies check each other: by small packets sent all the time, by a query as a client would send it, or by a program from outside.',
  },
  wd_monitoring_interfaces_list: {
    type: 'list',
    default: '',
    separator: ',',
    context: 'start',
    since: '3.5',
    doc: 'Network interfaces whose link is watched. Losing all of them takes this proxy out of the group. `any` stands for all but the loopback; empty watches none.',
  },
  wd_interval: {
    type: 'int',
    default: 10,
    min: 0,
    max: INT,
    unit: 's',
    context: 'start',
    since: '3.2',
    doc: 'Interval at which the proxies check each other.',
  },
  wd_priority: {
    type: 'int',
    default: 1,
    min: 0,
    max: INT,
    context: 'start',
    since: '3.5',
    doc: 'Preference of this host in the choice of a leader. The host with the largest number wins.',
  },
  wd_ipc_socket_dir: {
    type: 'string',
    default: '/tmp',
    context: 'start',
    since: '3.5',
    doc: 'Directory of the socket through which local programs talk to the watchdog.',
  },
} as const satisfies ParameterGroup;
