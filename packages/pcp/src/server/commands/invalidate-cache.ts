import { RefusedError } from '@pgherd/operations';
import { complete } from '../../wire/replies.ts';
import { error } from '../refusal.ts';
import type { Command } from './command.ts';

/** 'G' -> 'g' when the query cache is empty. */
export const invalidateCache: Command = async (_body, { operations, author }) => {
  try {
    await operations.invalidateCache(author);
  } catch (reason) {
    if (reason instanceof RefusedError && reason.code === 'NOT_ENABLED') throw error('query cache is not enabled');
    throw reason;
  }
  return { bytes: complete('g') };
};
