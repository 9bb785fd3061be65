/** The cookie of a sign-in. */
import type { IncomingMessage } from 'node:http';

const PLAIN = 'pgherd_session';
/** Over TLS the name itself demands Secure, Path=/ and no Domain. */
const HOSTED = '__Host-pgherd_session';

export function sessionCookie(request: IncomingMessage, secure: boolean): string | null {
  const wanted = secure ? HOSTED : PLAIN;
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === wanted) return pair.slice(at + 1).trim();
  }
  return null;
}

export function setSessionCookie(token: string | null, secure: boolean): string {
  const attributes = ['Path=/', 'HttpOnly', 'SameSite=Strict', ...(secure ? ['Secure'] : [])];
  const age = token === null ? ['Max-Age=0'] : [`Max-Age=${7 * 24 * 3_600}`];
  return [`${secure ? HOSTED : PLAIN}=${token ?? ''}`, ...attributes, ...age].join('; ');
}
