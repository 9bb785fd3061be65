import { RefusedError } from '@pgherd/operations';
import { complete } from '../../wire/replies.ts';
import { error } from '../refusal.ts';
import type { Command } from './command.ts';

/** 'V' Byte1 scope -> 'v' when the log goes to a file opened anew. Without a watchdog the cluster is this one. */
export const rotateLog: Command = async (_body, { operations, author }) => {
  try {
    await operations.rotateLog(author);
  } catch (reason) {
    if (reason instanceof RefusedError) throw error('process log rotation request failed', reason.message);
    throw reason;
  }
  return { bytes: complete('v') };
};
