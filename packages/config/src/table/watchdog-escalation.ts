import type { ParameterGroup } from './entry.ts';

export const watchdogEscalation = {
  clear_memqcache_on_escalation: {
    type: 'bool',
    default: true,
    context: 'reload',
    documentedContext: 'start',
    since: '3.3',
    doc: '',
  },
  wd_escalation_command: {
    type: 'string',
    default: '',
    context: 'reload',
    documentedContext: 'start',
    since: '3.3',
    doc: '',
  },
  wd_de_escalation_command: {
    type: 'string',
    default: '',
    context: 'reload',
    documentedContext: 'start',
    since: '3.5',
    doc: '',
  },
} as const satisfies ParameterGroup;
