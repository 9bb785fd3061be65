import type { ParameterGroup } from './entry.ts';

export const watchdogEscalation = {
  clear_memqcache_on_escalation: {
    type: 'bool',
    default: true,
    context: 'reload',
    documentedContext: 'start',
    since: '3.3',
    doc: 'Forget all kept query results when this host becomes the leader. It could have missed writes that went through another one. It concerns results in local memory.',
  },
  wd_escalation_command: {
    type: 'string',
    default: '',
    context: 'reload',
    documentedContext: 'start',
    since: '3.3',
    doc: 'Command that is run by the shell when this host becomes the leader, before the virtual address comes up.',
  },
  wd_de_escalation_command: {
    type: 'string',
    default: '',
    context: 'reload',
    documentedContext: 'start',
    since: '3.5',
    doc: 'Command that is run by the shell when this host stops being the leader, before the virtual address goes down.',
  },
} as const satisfies ParameterGroup;
