import type { ParameterGroup } from './entry.ts';
import { INT } from './entry.ts';

export const onlineRecovery = {
  recovery_user: {
    type: 'string',
    default: '',
    context: 'reload',
    since: '2.2',
    doc: 'User that carries out online recovery on the servers. It must be a superuser, or own what the pgpool_recovery functions need.',
  },
  recovery_password: {
    type: 'string',
    default: '',
    secret: true,
    context: 'reload',
    since: '2.2',
    doc: "Password of recovery_user, with the prefixes of pool_passwd. Empty: the user's entry in pool_passwd is used; it must hold the password, a hash is not sufficient.",
  },
  recovery_database: {
    type: 'string',
    default: 'postgres',
    context: 'reload',
    since: '4.7',
    doc: 'Database in which the functions of online recovery are called.',
  },
  recovery_1st_stage_command: {
    type: 'string',
    default: '',
    context: 'reload',
    since: '2.2',
    doc: 'Script in the data directory of the primary that copies it to the server being recovered. Sessions go on meanwhile.',
  },
  recovery_2nd_stage_command: {
    type: 'string',
    default: '',
    context: 'reload',
    since: '2.2',
    doc: 'Script that brings a copied server up to the last change when the proxy replicates. No session runs meanwhile. With streaming replication it is not needed.',
  },
  recovery_timeout: {
    type: 'int',
    default: 90,
    min: 0,
    max: INT,
    unit: 's',
    context: 'reload',
    since: '2.2',
    doc: 'How long online recovery waits for clients to leave and for the recovered server to start. With 0 there is no wait.',
  },
  client_idle_limit_in_recovery: {
    type: 'int',
    default: 0,
    min: -1,
    max: INT,
    unit: 's',
    context: 'session',
    since: '2.2',
    doc: 'Disconnect an idle client after this time while the second stage of online recovery waits. -1 disconnects all clients at once, 0 none.',
  },
} as const satisfies ParameterGroup;
