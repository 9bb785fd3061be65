/**
 * A session that goes on over another connection: what it has set and prepared is made again there, and its client hears
 * of the parameters that are different. Only for sessions of which all is known (Router.tie).
 */
import { decodeErrorFields, encodeErrorResponse, encodeParameterStatus, encodeQuery, encodeSync } from '@pgherd/wire';
import type { Link } from '../backend/link.ts';
import { type Answer, ask } from './engine-query.ts';
import type { PreparedStatements } from './prepared.ts';
import type { SettingsLog } from './settings-log.ts';

const REBUILD_LIMIT_MS = 10_000;
const STATUS_IDLE = 0x49;

/**
 * @param link fresh, or as fresh: with the session's own start-up packet
 * @returns null once the link is as the session left its old one; else why it is not
 */
export async function rebuild(
  link: Link,
  settings: SettingsLog,
  statements: PreparedStatements,
): Promise<string | null> {
  const messages = settings.since(0).map((sql) => encodeQuery(sql));
  const settingsCount = messages.length;
  const names: string[] = [];
  for (const { name, message, bySql } of statements.all()) {
    messages.push(bySql ? message : Buffer.concat([message, encodeSync()]));
    names.push(name);
  }
  if (messages.length === 0) return null;
  const answer = await within(REBUILD_LIMIT_MS, link, messages);
  if (answer === null) return 'its settings and statements could not be made again in time';
  const { error, failedAt } = answer;
  if (error !== null) {
    const place = failedAt ?? 0;
    const what = place < settingsCount ? 'a setting' : `its prepared statement "${names[place - settingsCount]}"`;
    return `${what} could not be made again: ${error.message}`;
  }
  return link.status === STATUS_IDLE ? null : 'a setting left a transaction open';
}

function within(limitMs: number, link: Link, messages: readonly Buffer[]): Promise<Answer | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), limitMs);
    ask(link, Buffer.concat([...messages]), messages.length, (answer) => {
      clearTimeout(timer);
      resolve(answer);
    });
  });
}

/** ParameterStatus messages for what is different on the new connection. */
export function changedParameters(before: Link, after: Link): Buffer {
  const known = before.parameters;
  const messages: Buffer[] = [];
  for (const [name, value] of after.parameters) {
    if (known.get(name) !== value) messages.push(encodeParameterStatus(name, value));
  }
  return Buffer.concat(messages);
}

/**
 * The server's process ends because its postmaster is gone: that is a server lost, and no one's wish to end this session.
 * The code is that of an administrator's command; the routine that says it is not, and no language changes its name.
 * @param body of an ErrorResponse
 */
export function postmasterIsGone(body: Buffer): boolean {
  const { sqlstate, severity, severityNonLocalized, all } = decodeErrorFields(body);
  if ((severityNonLocalized || severity) !== 'FATAL') return false;
  return sqlstate === '57P02' || (sqlstate === '57P01' && /^secure_(?:read|write)$/.test(all.get('R') ?? ''));
}

/**
 * What a session is told that ends with its connection to the primary.
 * @param routed null where nobody reads its statements
 * @param tie why it cannot be built again
 */
export function lastWords(home: Link, routed: object | null, tie: string | null): Buffer {
  const lost = home.cutBecause ?? `the connection to backend node ${home.nodeId} was lost`;
  return encodeErrorResponse({
    severity: 'FATAL',
    sqlstate: '57P01',
    message: `terminating connection because ${lost}`,
    detail: whyItEnds(home, routed, tie),
  });
}

function whyItEnds(home: Link, routed: object | null, tie: string | null): string {
  if (home.replies.running) return 'A statement was at work. Whether it has had its effect is not known.';
  if (home.status !== STATUS_IDLE) return 'The session was in a transaction. Nothing of it was committed.';
  if (routed === null) return 'The statements of this session are not analysed, so that it cannot be built again.';
  return tie === null ? 'A message was on its way.' : `The session cannot be built again: it ${tie}.`;
}
