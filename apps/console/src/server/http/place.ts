/**
 * Where a request comes from and what address the browser sees. What X-Forwarded-* says counts only from proxies that are
 * declared, and a Host that is not ours is refused: a page of somebody else's that resolves to this host reaches nothing.
 */
import type { IncomingMessage } from 'node:http';
import net from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ConsoleOptions } from '../env.ts';

export interface Place {
  readonly address: string;
  readonly secure: boolean;
  /** `https://host:port`, as the browser sees it. */
  readonly origin: string;
}

/** @returns null when the Host is not one of ours */
export function placeOf(request: IncomingMessage, options: ConsoleOptions): Place | null {
  const peer = plain(request.socket.remoteAddress ?? '');
  const trusted = options.trustedProxies.includes(peer);
  const forwardedFor = trusted ? last(request.headers['x-forwarded-for']) : null;
  const forwardedProto = trusted ? last(request.headers['x-forwarded-proto']) : null;
  const secure = (request.socket as TLSSocket).encrypted === true || forwardedProto === 'https';
  const host = request.headers.host ?? '';
  const address = forwardedFor !== null && net.isIP(forwardedFor) !== 0 ? forwardedFor : peer;
  if (options.publicOrigin !== null) {
    return sameHost(host, new URL(options.publicOrigin).host) || isLoopbackHost(host)
      ? { address, secure, origin: isLoopbackHost(host) ? originOf(secure, host) : options.publicOrigin }
      : null;
  }
  return isLoopbackHost(host) || sameHost(hostName(host), options.host)
    ? { address, secure, origin: originOf(secure, host) }
    : null;
}

const originOf = (secure: boolean, host: string): string => `${secure ? 'https' : 'http'}://${host.toLowerCase()}`;
const sameHost = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
const hostName = (host: string): string => host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
const plain = (address: string): string => address.replace(/^::ffff:/i, '');

export const isLoopbackHost = (host: string): boolean => /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i.test(host);
export const isLoopbackAddress = (host: string): boolean =>
  ['localhost', '127.0.0.1', '::1', '[::1]'].includes(host.toLowerCase());

/** The nearest proxy's own word is the last one. */
function last(header: string | string[] | undefined): string | null {
  const text = Array.isArray(header) ? header.at(-1) : header;
  return text?.split(',').at(-1)?.trim() ?? null;
}
