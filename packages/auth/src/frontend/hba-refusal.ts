import type { FrontendContext } from './context.ts';
import { type FrontendStep, refuse } from './step.ts';

/** A `reject` line, or no line at all: PostgreSQL's 28000 with our file's name. */
export function hbaRefusal(cause: 'reject' | 'no-entry', context: FrontendContext): FrontendStep {
  const { peer, user, tls } = context;
  const where =
    `host "${peer?.address ?? '[local]'}", user "${user}", ` +
    (peer?.replication === true ? '' : `database "${peer?.database ?? user}", `) +
    (tls === null ? 'no encryption' : 'SSL encryption');
  const kind = peer?.replication === true ? 'replication connection' : 'connection';
  const message =
    cause === 'reject'
      ? `pool_hba.conf rejects ${kind} for ${where}`
      : `no pool_hba.conf entry for ${peer?.replication === true ? 'replication connection from ' : ''}${where}`;
  return refuse('28000', message);
}
