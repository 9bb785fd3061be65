import type { ParameterGroup } from './entry.ts';
import { INT } from './entry.ts';

export const onlineRecovery = {
  recovery_user: {
    type: 'string',
    default: '',
    context: 'reload',
    since: '2.2',
    doc: '',
  },
  recovery_password: {
    type: 'string',
    default: '',
    secret: true,
    context: 'reload',
    since: '2.2',
    doc: '',
  },
  recovery_database: {
    type: 'string',
    default: 'postgres',
    context: 'reload',
    since: '4.7',
    doc: '',
  },
  recovery_1st_stage_command: {
    type: 'string',
    default: '',
    context: 'reload',
    since: '2.2',
    doc: '',
  },
  recovery_2nd_stage_command: {
    type: 'string',
    default: '',
    context: 'reload',
    since: '2.2',
    doc: '',
  },
  recovery_timeout: {
    type: 'int',
    default: 90,
    min: 0,
    max: INT,
    unit: 's',
    context: 'reload',
    since: '2.2',
    doc: '',
  },
  client_idle_limit_in_recovery: {
    type: 'int',
    default: 0,
    min: -1,
    max: INT,
    unit: 's',
    context: 'session',
    since: '2.2',
    doc: '',
  },
} as const satisfies ParameterGroup;
