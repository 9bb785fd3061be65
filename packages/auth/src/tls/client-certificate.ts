import type tls from 'node:tls';

export type ClientCertificate =
  | { readonly kind: 'none' }
  | { readonly kind: 'valid'; readonly commonName: string | null }
  /** PostgreSQL ends the handshake over such a certificate; so must the caller, whatever the method. */
  | { readonly kind: 'invalid'; readonly reason: string };

/** What the client showed during the handshake. To be asked once the handshake is over. */
export function clientCertificate(
  socket: Pick<tls.TLSSocket, 'authorized' | 'authorizationError' | 'getPeerCertificate'>,
): ClientCertificate {
  const certificate = socket.getPeerCertificate();
  // Node gives an empty object when the client sent none.
  if (certificate === null || certificate === undefined || certificate.raw === undefined) return { kind: 'none' };
  if (socket.authorized !== true) {
    return { kind: 'invalid', reason: String(socket.authorizationError ?? 'certificate verify failed') };
  }
  return { kind: 'valid', commonName: onlyCommonName(certificate.subject?.CN) };
}

/** A subject with several common names, an empty one, or one with a zero byte names nobody. */
function onlyCommonName(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && !value.includes('\0') ? value : null;
}
