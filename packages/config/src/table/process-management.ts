import type { ParameterGroup } from './entry.ts';
import { INT } from './entry.ts';

export const processManagement = {
  process_management_mode: {
    type: 'enum',
    default: 'static',
    values: ['static', 'dynamic'],
    context: 'reload',
    since: '4.4',
    doc: 'How Pgpool-II manages its processes for sessions: a fixed number, or as many as needed.',
  },
  process_management_strategy: {
    type: 'enum',
    default: 'gentle',
    values: ['aggressive', 'gentle', 'lazy'],
    context: 'reload',
    since: '4.4',
    doc: 'How eagerly Pgpool-II ends spare processes in dynamic process management.',
  },
  min_spare_children: {
    type: 'int',
    default: 5,
    min: 1,
    max: INT,
    context: 'reload',
    since: '4.4',
    doc: 'Number of idle processes that Pgpool-II keeps ready in dynamic process management.',
  },
  max_spare_children: {
    type: 'int',
    default: 10,
    min: 1,
    max: INT,
    context: 'reload',
    since: '4.4',
    doc: 'Number of idle processes above which Pgpool-II ends some in dynamic process management. It must be larger than min_spare_children and at most num_init_children.',
  },
  worker_processes: {
    type: 'int',
    default: 0,
    min: 0,
    max: 128,
    context: 'start',
    origin: 'pgherd',
    since: 'pgherd 0.1',
    doc: 'Number of worker processes that serve the sessions. 0 starts one for each processor core.',
  },
} as const satisfies ParameterGroup;
