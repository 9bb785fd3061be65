import { error } from '../refusal.ts';
import type { Command } from './command.ts';

/** 'W' node id z -> 'w'. There is no watchdog yet, and a configuration that wants one is refused at start. */
export const watchdogInfo: Command = async () => {
  throw error('PCP: informing watchdog info failed', 'watchdog is not enabled');
};
