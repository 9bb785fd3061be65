import type { StopMode } from '@pgherd/operations';
import { complete } from '../../wire/replies.ts';
import { error } from '../refusal.ts';
import { refuseWhileBusy } from './busy.ts';
import type { Command } from './command.ts';

const MODES: Readonly<Record<string, StopMode>> = { s: 'smart', f: 'fast', i: 'immediate' };

/** 'T', and 't' for the whole watchdog cluster (which without a watchdog is this one): Byte1 -> 't', and then it stops. */
export const stop: Command = async (body, { operations, author }) => {
  await refuseWhileBusy(operations);
  const letter = body.toString('latin1', 0, 1);
  const mode = MODES[letter];
  if (mode === undefined)
    throw error('PCP: error while processing shutdown request', `invalid shutdown mode "${letter}"`);
  return { bytes: complete('t'), afterwards: () => operations.stop(mode, author) };
};
