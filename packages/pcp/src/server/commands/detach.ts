import { complete } from '../../wire/replies.ts';
import type { Command } from './command.ts';
import { perform } from './perform.ts';

/** 'D', and 'd' gracefully: node id z -> 'd'. */
export const detach =
  (gracefully: boolean): Command =>
  async (body, context) => {
    await perform(body, (node) => ({ act: 'detach', node, gracefully }), context);
    return { bytes: complete('d') };
  };
