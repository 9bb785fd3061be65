import { labCommand as runLab } from '@pgherd/lab';
import { programs } from '../place.ts';
import type { Command } from './command.ts';

export const labCommand: Command = {
  summary: 'real PostgreSQL clusters on this machine for trying and testing',
  usage: 'pgherd lab create|start|stop|status|kill|destroy [options]   (pgherd lab --help)',
  run: (args) => runLab([...args], { stdout: process.stdout, stderr: process.stderr, programs }),
};
