/** Recoveries that were under way when an earlier supervisor ended, by the journal: they are told as failed. */
import type { HerdEvent } from '@pgherd/operations';
import type { Acts } from './acts.ts';
import type { Journal } from './journal.ts';

export function interruptedRecoveries(journal: Journal, acts: Acts): void {
  const open = new Map<number, HerdEvent>();
  for (const event of journal.since(0)) {
    if (event.node === null) continue;
    if (event.kind === 'recoveryStarted') open.set(event.node, event);
    else if (event.kind === 'recoveryDone' || event.kind === 'recoveryFailed') open.delete(event.node);
  }
  for (const [node, { by, at, epoch }] of open) {
    const message = `the recovery of node ${node} was interrupted by the end of pgherd; it may be begun again as it is`;
    journal.add({ kind: 'recoveryFailed', node, severity: 'error', message, by, epoch, details: {} });
    acts.interrupted('recover', node, by, at, message);
  }
}
