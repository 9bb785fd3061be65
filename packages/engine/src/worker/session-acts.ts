/** What an operator does to clients: cancels what they run, or ends their sessions. No server process is terminated. */
import type { SessionResult } from '@pgherd/operations';
import { sendCancel } from '../backend/send-cancel.ts';
import type { Session } from '../frontend/session.ts';
import type { WorkerQuestion } from '../ipc.ts';
import type { Cancels } from './cancels.ts';
import type { WorkerContext } from './worker-context.ts';

type Asked = Extract<WorkerQuestion, { about: 'sessions' }>;

/** PostgreSQL's words for pg_terminate_backend. */
const TERMINATED = 'terminating connection due to administrator command';

export async function actOnSessions(
  { act, targets, reason }: Asked,
  sessions: ReadonlySet<Session>,
  cancels: Cancels,
  context: WorkerContext,
): Promise<readonly SessionResult[]> {
  const byId = new Map([...sessions].map((session) => [session.client.id, session]));
  return Promise.all(
    targets.map(async ({ id, session: number, user, connectedAtMs }): Promise<SessionResult> => {
      const session = byId.get(number);
      if (session === undefined) return { id, outcome: 'gone' };
      const { client } = session;
      const isMeant =
        (user === null || user === client.user) &&
        (connectedAtMs === null || Math.abs(connectedAtMs - client.connectedAtMs) < 1);
      if (!isMeant) return { id, outcome: 'another' };
      if (act === 'cancel') return { id, outcome: await cancels.cancelSession(session) };
      end(session, reason, context);
      return { id, outcome: 'done' };
    }),
  );
}

/** The client first: what its server says to the cancel request is not for it any more. Without that request the server
 *  would work on until it has something to send. */
function end(session: Session, reason: string, context: WorkerContext): void {
  const { working, running } = session;
  session.endWith('administrator', '57P01', TERMINATED, reason === '' ? undefined : reason);
  const node = context.cluster.nodes.find(({ id }) => id === working.nodeId);
  if (!running || working.secret === '' || node === undefined) return;
  void sendCancel(node, working, working.tls ? context.backendTls : null);
}
