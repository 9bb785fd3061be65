import { complete } from '../../wire/replies.ts';
import { error } from '../refusal.ts';
import type { Command } from './command.ts';

/** 'Z' Byte1 scope -> 'z' when the configuration is in effect. Without a watchdog the cluster is this one. */
export const reload: Command = async (_body, { operations, author }) => {
  const report = await operations.reload(author);
  if (!report.ok) throw error('process reload config request failed', report.errors.join('; '));
  return { bytes: complete('z') };
};
