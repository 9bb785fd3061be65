/** Addresses as people and URLs write them. */

/** Host and port of a URL: an IPv6 address stands in brackets. */
export function hostAndPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** An address of this machine that reaches a listener on `address`. */
export function reachableHost(address: string | undefined): string {
  return address === undefined || ['', '*', '0.0.0.0', '::'].includes(address) ? 'localhost' : address;
}
