import { labCommand as runLab } from '@pgherd/lab';
import { programs } from '../place.ts';
import type { Command } from './command.ts';

export const labCommand: Command = {
  summary: 'real PostgreSQL clusters on this machine for trying and testing',
  usage: `pgherd lab create|start|stop|status|kill|freeze|thaw|promote|destroy [options]

Makes a primary with streaming standbys, and puts faults into it. "pgherd lab COMMAND --help" tells more of each.`,
  run: (args) => runLab([...args], { stdout: process.stdout, stderr: process.stderr, programs }),
};
