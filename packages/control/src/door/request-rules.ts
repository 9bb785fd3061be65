/** What every request must keep to, whoever sends it. Pure. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Refusal } from './refusal.ts';

const BODY_BYTES_MAX = 64 * 1024;
/** Two files of a configuration, escaped for JSON. */
const LARGE_BODY_BYTES_MAX = 2 * 1024 * 1024;
const TAKES_FILES = /^\/trpc\/(?:configuration\.(?:check|applyVersion)|explainRoute|compareRoutes)$/;

export const bodyBytesMax = (pathname: string): number =>
  TAKES_FILES.test(pathname) ? LARGE_BODY_BYTES_MAX : BODY_BYTES_MAX;

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** Words that announce a secret. Addresses are written into logs on the way, so none may stand there. */
const SECRET_IN_URL = /token|secret|passw|auth|bearer|api_?key|credential|jwt/i;

/** @returns the address, or why the request is not looked at any further */
export function checkRequest({ method, url, headers }: Asked): { readonly url: URL } | { readonly refused: Refusal } {
  const refused = (code: Refusal['code'], message: string): { readonly refused: Refusal } => ({
    refused: { code, message },
  });
  const base = `http://${headers.host ?? 'localhost'}`;
  if (!url.startsWith('/') || !URL.canParse(base) || !URL.canParse(url, base)) {
    return refused('BAD_REQUEST', 'This is no address of the control interface.');
  }
  const address = new URL(url, base);
  for (const name of address.searchParams.keys()) {
    const isAnnouncement = name === 'connectionParams' && address.searchParams.get(name) === '1';
    if (!isAnnouncement && (SECRET_IN_URL.test(name) || name === 'connectionParams')) {
      return refused('BAD_REQUEST', 'Tokens are not taken from addresses: send "Authorization: Bearer …".');
    }
  }
  if (headers.origin !== undefined || headers['sec-fetch-site'] === 'cross-site') {
    return refused('FORBIDDEN', 'Pages in a browser have no access: the console asks on their behalf.');
  }
  if (method === 'POST') {
    const [type] = (headers['content-type'] ?? '').split(';');
    if (type?.trim().toLowerCase() !== 'application/json') {
      return refused('UNSUPPORTED_MEDIA_TYPE', 'Send "Content-Type: application/json".');
    }
    const bytesMax = bodyBytesMax(address.pathname);
    if (Number(headers['content-length'] ?? 0) > bytesMax) {
      return refused('PAYLOAD_TOO_LARGE', `A request has ${bytesMax} bytes at most.`);
    }
  }
  return { url: address };
}

export function bearerToken(headers: IncomingHttpHeaders): string | null {
  const found = /^Bearer ([^\s]{1,1024})$/i.exec(headers.authorization ?? '');
  return found?.[1] ?? null;
}

/** For whom the holder of a token acts: a name, percent-encoded, in `x-on-behalf-of`. Empty where it cannot be read. */
export function onBehalfOfHeader(headers: IncomingHttpHeaders): string | null {
  const given = headers['x-on-behalf-of'];
  if (given === undefined) return null;
  try {
    return decodeURIComponent(String(given));
  } catch {
    return '';
  }
}
