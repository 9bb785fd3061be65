import { configurationReply } from '../../wire/replies.ts';
import type { Command } from './command.ts';

/** 'B' -> several 'b', the rows of SHOW pool_status. */
export const configuration: Command = async (_body, { operations }) => {
  const { rows } = await operations.show('pool_status');
  return { bytes: configurationReply(rows) };
};
