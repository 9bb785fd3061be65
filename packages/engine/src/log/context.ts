/** Whom a log line is about. */
import type { Session } from '../frontend/session.ts';
import type { LogContext } from './logger.ts';

/** A SET application_name counts from the moment the server has reported it. */
export function contextOf(session: Session): LogContext {
  const { client, link } = session;
  return {
    application: link.changedParameters?.get('application_name') ?? client.application,
    database: client.database,
    user: client.user,
  };
}
