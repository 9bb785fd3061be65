import { complete } from '../../wire/replies.ts';
import { column } from './column.ts';
import type { Command } from './command.ts';

/** 'N' -> 'n': CommandComplete, count z, and the pid z of each row of SHOW pool_processes. */
export const processCount: Command = async (_body, { operations }) => {
  const shown = await operations.show('pool_processes');
  const pids = shown.rows.map((row) => column(shown, row, 'pool_pid'));
  return { bytes: complete('n', String(pids.length), ...pids) };
};
