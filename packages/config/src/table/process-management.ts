import type { ParameterGroup } from './entry.ts';
import { INT } from './entry.ts';

export const processManagement = {
  process_management_mode: {
    type: 'enum',
    default: 'static',
    values: ['static', 'dynamic'],
    context: 'reload',
    since: '4.4',
    doc: '',
  },
  process_management_strategy: {
    type: 'enum',
    default: 'gentle',
    values: ['aggressive', 'gentle', 'lazy'],
    context: 'reload',
    since: '4.4',
    doc: '',
  },
  min_spare_children: {
    type: 'int',
    default: 5,
    min: 1,
    max: INT,
    context: 'reload',
    since: '4.4',
    doc: '',
  },
  max_spare_children: {
    type: 'int',
    default: 10,
    min: 1,
    max: INT,
    context: 'reload',
    since: '4.4',
    doc: '',
  },
  worker_processes: {
    type: 'int',
    default: 0,
    min: 0,
    max: 128,
    context: 'start',
    origin: 'pgherd',
    since: 'pgherd 0.1',
    doc: '',
  },
} as const satisfies ParameterGroup;
