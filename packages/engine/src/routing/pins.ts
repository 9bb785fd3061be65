/** What a statement leaves in its session that a read node would lack. */
import type { StatementClass } from '@pgherd/sql';
import type { Pin } from './types.ts';

const NONE: readonly Pin[] = [];

export function pinsOf(classes: readonly StatementClass[]): readonly Pin[] {
  const pins = new Set<Pin>();
  for (const one of classes) {
    // PREPARE does nothing yet: what EXECUTE leaves is in its own route.
    if (one.kind === 'prepare') continue;
    // With a temporary schema in search_path the session makes one as soon as it looks for a name.
    if (one.createsTemp || (one.kind === 'set' && one.namesTemp)) pins.add('temporary-object');
    if (one.kind === 'load') pins.add('library');
    if (setsUnknown(one)) pins.add('settings');
  }
  return pins.size === 0 ? NONE : [...pins];
}

/** A set_config() that cannot be copied. Plain EXPLAIN calls nothing. */
function setsUnknown(one: StatementClass): boolean {
  if (one.detail.kind === 'explain') {
    // EXPLAIN ANALYZE runs the call, but is no statement that a read node could be given.
    return one.detail.analyze && (one.settingsSet === null || one.settingsSet.length > 0);
  }
  return one.settingsSet === null;
}
