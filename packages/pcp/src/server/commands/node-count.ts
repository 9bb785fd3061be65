import { complete } from '../../wire/replies.ts';
import type { Command } from './command.ts';

/** 'L' -> 'l': CommandComplete, count z. */
export const nodeCount: Command = async (_body, { operations }) => {
  const { nodes } = await operations.status();
  return { bytes: complete('l', String(nodes.length)) };
};
