/** Which nodes' synchronous_standby_names was relaxed and not put back, by the journal: a restart does not forget it. */
import type { HerdState, RelaxedSync } from '@pgherd/cluster';
import type { HerdEvent } from '@pgherd/operations';

export function relaxedBefore(events: readonly HerdEvent[]): HerdState['relaxed'] {
  const relaxed = new Map<number, RelaxedSync>();
  for (const { kind, node, details } of events) {
    if (node === null) continue;
    const { was, to } = details;
    if (kind === 'syncRestored') relaxed.delete(node);
    else if (kind === 'syncRelaxed' && typeof was === 'string' && typeof to === 'string')
      relaxed.set(node, { was, to, askedAt: performance.now(), underWay: false });
  }
  return relaxed;
}
