/** How the supervisor signs in to nodes. */
import type { ProbeTarget } from '@pgherd/cluster';
import type { Settings } from '@pgherd/config';
import type { HerdWatch } from './herd-watch.ts';

/** As sr_check_user; a sentence where that cannot be. */
export function probeTarget(watch: HerdWatch, settings: Settings, node: number): ProbeTarget | string {
  const { sr_check_user: user, sr_check_password: password, sr_check_database: database } = settings;
  if (!watch.nodes.has(node)) return `there is no node ${node}`;
  if (user === '') return 'sr_check_user is not set, so the server cannot be asked';
  return { ...watch.target(node, user, password), database };
}

/** The user that promotes and re-points: failover_user, else recovery_user. */
export function opsTarget(watch: HerdWatch, settings: Settings, node: number): ProbeTarget {
  const own = settings.failover_user !== '';
  return watch.target(
    node,
    own ? settings.failover_user : settings.recovery_user,
    own ? settings.failover_password : settings.recovery_password,
  );
}
