import type { ParameterGroup } from './entry.ts';

export const watchdogVirtualIp = {
  delegate_ip: {
    type: 'string',
    default: '',
    context: 'start',
    since: '4.4',
    doc: 'Virtual IP address that clients use. The leader brings it up. Empty: there is none.',
  },
  if_cmd_path: {
    type: 'string',
    default: '/sbin',
    context: 'start',
    since: '3.5',
    doc: 'Directory of the commands that bring the virtual address up and down. It is not used for a command that begins with `/`.',
  },
  if_up_cmd: {
    type: 'string',
    default: '/usr/bin/sudo /sbin/ip addr add $_IP_$/24 dev eth0 label eth0:0',
    context: 'start',
    since: '3.2',
    doc: 'Command that brings the virtual address up. `$_IP_$` is the address.',
  },
  if_down_cmd: {
    type: 'string',
    default: '/usr/bin/sudo /sbin/ip addr del $_IP_$/24 dev eth0',
    context: 'start',
    since: '3.2',
    doc: 'Command that takes the virtual address down. `$_IP_$` is the address.',
  },
  arping_path: {
    type: 'string',
    default: '/usr/sbin',
    context: 'start',
    since: '3.2',
    doc: 'Where the program arping is found. Not used when arping_cmd begins with `/`.',
  },
  arping_cmd: {
    type: 'string',
    default: '/usr/bin/sudo /usr/sbin/arping -U $_IP_$ -w 1 -I eth0',
    context: 'start',
    since: '3.2',
    doc: 'Command that tells the network where the virtual address has moved. `$_IP_$` is the address.',
  },
  ping_path: {
    type: 'string',
    default: '/bin',
    context: 'start',
    since: '3.2',
    doc: 'Where the program ping is found.',
  },
  delegate_IP: {
    type: 'string',
    default: '',
    aliasOf: 'delegate_ip',
    context: 'start',
    since: '3.2',
    doc: 'Older spelling of delegate_ip.',
  },
} as const satisfies ParameterGroup;
