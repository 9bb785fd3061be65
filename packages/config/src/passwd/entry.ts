/** What a password field holds: that of a pool_passwd line, or a password parameter of pgpool.conf. */
export type PasswordEntry =
  /** The 32 hexadecimal digits behind `md5`: the MD5 of password and user name. */
  | { readonly kind: 'md5'; readonly hash: string }
  | { readonly kind: 'text'; readonly password: string }
  /** Encrypted with the key of the key file, in base64. Recognised only. */
  | { readonly kind: 'aes'; readonly base64: string }
  /** A server's SCRAM verifier. It proves nothing to a server, so nobody can sign in with it. */
  | { readonly kind: 'scram-verifier' };

/** The prefix decides: `md5` with 32 hexadecimal digits, `TEXT`, `AES`, `SCRAM-SHA-256$`; anything else is clear text. */
export function readPasswordField(field: string): PasswordEntry {
  if (/^md5[0-9a-fA-F]{32}$/.test(field)) return { kind: 'md5', hash: field.slice(3).toLowerCase() };
  if (field.startsWith('TEXT')) return { kind: 'text', password: field.slice(4) };
  if (field.startsWith('AES')) return { kind: 'aes', base64: field.slice(3) };
  if (field.startsWith('SCRAM-SHA-256$')) return { kind: 'scram-verifier' };
  return { kind: 'text', password: field };
}
