/** What every answer carries, and what a page may load. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Place } from './place.ts';

export function setCommonHeaders(response: ServerResponse, place: Place): void {
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('X-Frame-Options', 'DENY');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
  response.setHeader('Permissions-Policy', 'camera=(), microphone=(), geolocation=()');
  if (place.secure) response.setHeader('Strict-Transport-Security', 'max-age=31536000');
}

/** Next takes the nonce for its own scripts out of the request's header. */
export function setPagePolicy(
  request: IncomingMessage,
  response: ServerResponse,
  place: Place,
  nonce: string,
  dev: boolean,
): void {
  const socket = place.origin.replace(/^http/, 'ws');
  const policy = [
    `default-src 'self'`,
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${dev ? " 'unsafe-eval'" : ''}`,
    // Charts and tables set widths and positions as style attributes; CodeMirror writes its own sheet.
    `style-src 'self' 'unsafe-inline'`,
    `img-src 'self' data:`,
    `font-src 'self'`,
    `connect-src 'self' ${socket}`,
    `object-src 'none'`,
    `base-uri 'none'`,
    `form-action 'self'`,
    `frame-ancestors 'none'`,
  ].join('; ');
  request.headers['content-security-policy'] = policy;
  request.headers['x-nonce'] = nonce;
  response.setHeader('Content-Security-Policy', policy);
}
