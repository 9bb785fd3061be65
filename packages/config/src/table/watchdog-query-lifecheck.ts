import type { ParameterGroup } from './entry.ts';
import { INT } from './entry.ts';

export const watchdogQueryLifecheck = {
  wd_life_point: {
    type: 'int',
    default: 3,
    min: 0,
    max: INT,
    context: 'start',
    since: '3.2',
    doc: '',
  },
  wd_lifecheck_query: {
    type: 'string',
    default: 'SELECT 1',
    context: 'start',
    since: '3.2',
    doc: '',
  },
  wd_lifecheck_dbname: {
    type: 'string',
    default: 'template1',
    context: 'reload',
    documentedContext: 'start',
    since: '3.3',
    doc: '',
  },
  wd_lifecheck_user: {
    type: 'string',
    default: '',
    context: 'reload',
    documentedContext: 'start',
    since: '3.3',
    doc: '',
  },
  wd_lifecheck_password: {
    type: 'string',
    default: '',
    secret: true,
    context: 'reload',
    documentedContext: 'start',
    since: '3.3',
    doc: '',
  },
} as const satisfies ParameterGroup;
