import { complete } from '../../wire/replies.ts';
import type { Command } from './command.ts';
import { perform } from './perform.ts';

/** 'C' node id z -> 'c'. */
export const attach: Command = async (body, context) => {
  await perform(body, (node) => ({ act: 'attach', node }), context);
  return { bytes: complete('c') };
};
