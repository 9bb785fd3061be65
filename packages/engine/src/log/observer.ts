/** What log_statement, log_per_node_statement, notice_per_node_statement, log_client_messages and
 *  log_backend_messages write: one watch per session. */
import type { Settings } from '@pgherd/config';
import { decodeErrorFields } from '@pgherd/wire';
import type { Session, SessionObserver } from '../frontend/session.ts';
import { contextOf } from './context.ts';
import type { Log } from './logger.ts';
import { type Herd, SessionWatch } from './watch.ts';

/** Null when no setting asks to see messages, so that the hot path does not even look. */
export function messageObserver(settings: Settings, log: Log, herd: Herd): SessionObserver | null {
  const wanted =
    settings.log_statement ||
    settings.log_per_node_statement ||
    settings.notice_per_node_statement ||
    settings.log_client_messages ||
    settings.log_backend_messages !== 'none';
  if (!wanted) return null;
  const watches = new WeakMap<Session, SessionWatch>();
  return {
    follow(session, before) {
      const watch = new SessionWatch(session, settings, log, herd, before?.textsOf(session) ?? null);
      watches.set(session, watch);
    },
    textsOf: (session) => watches.get(session)?.texts ?? null,
    frontendMessage(session, type, body, whole) {
      let watch = watches.get(session);
      // The client speaks between two readings of its server: only now is it known where the server's messages begin.
      if (watch === undefined) watches.set(session, (watch = new SessionWatch(session, settings, log, herd)));
      watch.fromClient(type, body, whole);
    },
    fromBackend(session, buffer, start, end) {
      const watch = watches.get(session);
      return watch === undefined ? session.channel.write(buffer, start, end) : watch.fromServer(buffer, start, end);
    },
    failedQuery: (session) => watches.get(session)?.failedQuery ?? null,
    sessionEnded(session, resets) {
      watches.get(session)?.ended(resets);
      watches.delete(session);
    },
  };
}

/** The line that each ErrorResponse of a server gets, with the statement where somebody kept it. */
export function writeBackendError(log: Log, observer: SessionObserver | null, session: Session, body: Buffer): void {
  if (!log.enabled('log')) return;
  const { message } = decodeErrorFields(body);
  const { nodeId, pid } = session.link;
  const query = observer?.failedQuery(session) ?? null;
  const text =
    query === null
      ? `Error message from backend: DB node id: ${nodeId} message: "${message}"`
      : `pool_send_and_wait: Error or notice message from backend: : DB node id: ${nodeId} backend pid: ${pid} statement: "${query}" message: "${message}"`;
  log.write('log', text, { context: contextOf(session) });
}
