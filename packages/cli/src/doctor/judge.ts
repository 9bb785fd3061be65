/** All checks, in the order in which their findings are read. Pure. */

import { formatIssue } from '@pgherd/config';
import { balancing } from './checks/balancing.ts';
import { connection } from './checks/connection.ts';
import { engine } from './checks/engine.ts';
import { failover } from './checks/failover.ts';
import { pcp } from './checks/pcp.ts';
import { ports } from './checks/ports.ts';
import { primary } from './checks/primary.ts';
import { replication } from './checks/replication.ts';
import { safety } from './checks/safety.ts';
import { signIn } from './checks/sign-in.ts';
import { watchdog } from './checks/watchdog.ts';
import type { Facts } from './facts.ts';
import { bad, type Finding, warn } from './finding.ts';

const CHECKS = [
  files,
  engine,
  ports,
  connection,
  signIn,
  primary,
  replication,
  balancing,
  failover,
  pcp,
  watchdog,
  safety,
];

export function judge(facts: Facts): Finding[] {
  return CHECKS.flatMap((check) => check(facts));
}

function files({ issues }: Facts): Finding[] {
  return issues.map((issue) =>
    (issue.severity === 'error' ? bad : warn)(
      'files',
      formatIssue(issue),
      'Correct the line; "pgherd config check" reads all files once more.',
    ),
  );
}
