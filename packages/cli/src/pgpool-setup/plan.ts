/** Where everything is that a set-up makes. */
import path from 'node:path';
import type { SetupLine } from './command-line.ts';

export interface SetupPlan extends SetupLine {
  readonly dir: string;
  /** The configuration of the proxy. */
  readonly etc: string;
  /** The operating system's user: superuser of the servers, user and password of PCP. */
  readonly user: string;
  /** Directory of initdb, pg_ctl, psql … */
  readonly pgBin: string;
  readonly socketDir: string;
  /** Further arguments of initdb. */
  readonly initdb: readonly string[];
  /** Directory of pgpool and pcp_*. */
  readonly programs: string;
}

export const postgresPortOf = (plan: SetupPlan, node: number): number => plan.postgresPort + node;
export const pcpPortOf = (plan: SetupPlan): number => plan.basePort + 1;
export const dataOf = (plan: SetupPlan, node: number): string => path.join(plan.dir, `data${node}`);
/** Each server archives to a place of its own: after a failover two may write the same names. */
export const archiveOf = (plan: SetupPlan, node: number): string => path.join(plan.dir, 'archivedir', `data${node}`);
export const nodesOf = (plan: SetupPlan): readonly number[] => Array.from({ length: plan.nodes }, (_, id) => id);
