import type tls from 'node:tls';

export type ClientCertificate =
  | { readonly kind: 'none' }
  | { readonly kind: 'valid'; readonly commonName: string | null }
  /** PostgreSQL ends the handshake over such a certificate; so must the caller, whatever the method. */
  | { readonly kind: 'invalid'; readonly reason: string };

/** What the client showed during the handshake. To be asked once the handshake is over ('secure'). */
export function clientCertificate(socket: tls.TLSSocket): ClientCertificate {
  const certificate = socket.getPeerCertificate();
  // Node gives an empty object when the client sent none.
  if (certificate?.raw === undefined) return { kind: 'none' };
  const error = verifyError(socket);
  if (error !== null) return { kind: 'invalid', reason: error };
  return { kind: 'valid', commonName: onlyCommonName(certificate.subject?.CN) };
}

/**
 * OpenSSL's verdict on the chain, null when it is good. `authorized` is set for sockets that a tls.Server made; for one
 * made around an accepted socket Node leaves it false, and the verdict has to come from the handle. Where neither says
 * that the certificate is good, it is not.
 */
function verifyError(socket: tls.TLSSocket): string | null {
  if (socket.authorized) return null;
  const { ssl } = socket as unknown as { ssl?: { verifyError?: () => (Error & { code?: string }) | null } | null };
  if (typeof ssl?.verifyError !== 'function') return String(socket.authorizationError ?? 'not verified');
  const error = ssl.verifyError();
  return error === null || error === undefined ? null : (error.code ?? error.message);
}

/** A subject with several common names, an empty one, or one with a zero byte names nobody. */
function onlyCommonName(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && !value.includes('\0') ? value : null;
}
