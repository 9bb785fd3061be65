/** What a request must fulfil before anything looks at its content. Pure but for the request's own headers. */
import type { IncomingMessage } from 'node:http';
import type { Place } from './place.ts';

export const BODY_BYTES_MAX = 3 * 1024 * 1024;

/**
 * Requests that change something, with a cookie, come from our own pages: the browser's Origin says so. Scripts with a token
 * have no cookie and need no Origin; a page elsewhere cannot send a token.
 * @returns why not, or null
 */
export function refusedOrigin(request: IncomingMessage, place: Place): string | null {
  const { origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (typeof origin === 'string' && origin !== place.origin) return `Pages of ${shortened(origin)} have no access.`;
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'Pages elsewhere have no access.';
  return null;
}

/**
 * Of everything with a cookie. A question changes nothing, and no page elsewhere can read its answer; but a page on another port
 * of this host has the cookie sent along, and could keep live streams open with it.
 */
export function refusedForgery(request: IncomingMessage, place: Place): string | null {
  if (bearerToken(request) !== null) return null;
  if (request.method === 'GET' || request.method === 'HEAD')
    return request.headers.cookie === undefined ? null : refusedOrigin(request, place);
  if (request.headers.origin === undefined && request.headers['sec-fetch-site'] === undefined) {
    // No browser omits both. A cookie without them is somebody else's program.
    return request.headers.cookie === undefined ? null : 'An Origin is needed with a cookie.';
  }
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) return 'Only JSON is taken.';
  return refusedOrigin(request, place);
}

export function bearerToken(request: IncomingMessage): string | null {
  const match = /^Bearer ([\x21-\x7e]{8,500})$/.exec(request.headers.authorization ?? '');
  return match?.[1] ?? null;
}

const shortened = (text: string): string => text.slice(0, 100).replaceAll(/[^\x20-\x7e]/g, '?');
