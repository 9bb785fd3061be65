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
    doc: 'How often the check by query may fail before a proxy counts as dead.',
  },
  wd_lifecheck_query: {
    type: 'string',
    default: 'SELECT 1',
    context: 'start',
    since: '3.2',
    doc: 'Query with which the proxies check each other.',
  },
  wd_lifecheck_dbname: {
    type: 'string',
    default: 'template1',
    context: 'reload',
    documentedContext: 'start',
    since: '3.3',
    doc: 'Database for the check by query.',
  },
  wd_lifecheck_user: {
    type: 'string',
    default: '',
    context: 'reload',
    documentedContext: 'start',
    since: '3.3',
    doc: 'User for the check by query.',
  },
  wd_lifecheck_password: {
    type: 'string',
    default: '',
    secret: true,
    context: 'reload',
    documentedContext: 'start',
    since: '3.3',
    doc: "Password of wd_lifecheck_user, with the prefixes of pool_passwd. Empty: the user's entry in pool_passwd is used; it must hold the password, a hash is not sufficient.",
  },
} as const satisfies ParameterGroup;
