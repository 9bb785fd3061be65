import type { ParameterGroup } from './entry.ts';

export const watchdogVirtualIp = {
  delegate_ip: {
    type: 'string',
    default: '',
    context: 'start',
    since: '4.4',
    doc: '',
  },
  if_cmd_path: {
    type: 'string',
    default: '/sbin',
    context: 'start',
    since: '3.5',
    doc: '',
  },
  if_up_cmd: {
    type: 'string',
    default: '/usr/bin/sudo /sbin/ip addr add $_IP_$/24 dev eth0 label eth0:0',
    context: 'start',
    since: '3.2',
    doc: '',
  },
  if_down_cmd: {
    type: 'string',
    default: '/usr/bin/sudo /sbin/ip addr del $_IP_$/24 dev eth0',
    context: 'start',
    since: '3.2',
    doc: '',
  },
  arping_path: {
    type: 'string',
    default: '/usr/sbin',
    context: 'start',
    since: '3.2',
    doc: '',
  },
  arping_cmd: {
    type: 'string',
    default: '/usr/bin/sudo /usr/sbin/arping -U $_IP_$ -w 1 -I eth0',
    context: 'start',
    since: '3.2',
    doc: '',
  },
  ping_path: {
    type: 'string',
    default: '/bin',
    context: 'start',
    since: '3.2',
    doc: '',
  },
  delegate_IP: {
    type: 'string',
    default: '',
    aliasOf: 'delegate_ip',
    context: 'start',
    since: '3.2',
    doc: '',
  },
} as const satisfies ParameterGroup;
