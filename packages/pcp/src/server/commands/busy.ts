/** While an act is under way, recovery and stop wait for another day. */
import type { Operation } from '@pgherd/operations';
import { error, type PcpRefusal } from '../refusal.ts';
import type { PcpOperations } from './command.ts';

const DETAIL: Partial<Readonly<Record<Operation['act'], string>>> = {
  attach: 'failback is in progress',
  detach: 'failover is in progress',
  failover: 'failover is in progress',
  relabel: 'promote node operation is in progress',
  switchover: 'promote node operation is in progress',
};

export function busy(act?: Operation['act']): PcpRefusal {
  const detail = act === undefined ? undefined : DETAIL[act];
  return error('failed to process PCP request at the moment', detail ?? 'operation is in progress');
}

/** @throws PcpRefusal */
export async function refuseWhileBusy(operations: PcpOperations): Promise<void> {
  const running = (await operations.operations()).filter(({ state }) => state === 'running');
  const [first] = running;
  if (first !== undefined) throw busy(first.act);
}
