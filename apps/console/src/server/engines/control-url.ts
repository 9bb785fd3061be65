/**
 * Where the console may be sent: a control API and nothing else. http only on this host; https elsewhere; never a link-local
 * address, which is where clouds keep credentials.
 */
import dns from 'node:dns/promises';
import net from 'node:net';
import { refuse } from '../refusal.ts';

export async function refuseControlUrl(text: string): Promise<void> {
  const no = (why: string): never => {
    throw refuse('BAD_REQUEST', 'CONTROL_URL', why);
  };
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return no('That is not an address.');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return no('A control API has an address with http or https.');
  if (url.username !== '' || url.password !== '') return no('No name or password in an address.');
  if ((url.pathname !== '/' && url.pathname !== '') || url.search !== '' || url.hash !== '')
    return no('Only scheme, host and port, as https://db1:9897.');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const addresses = net.isIP(host) === 0 ? await lookup(host) : [host];
  if (addresses.some(isLinkLocal)) return no('Link-local addresses are not reached from here.');
  if (url.protocol === 'http:' && !addresses.every(isLoopback))
    return no('Beyond this host a control API is reached with https.');
}

async function lookup(host: string): Promise<string[]> {
  try {
    const found = await dns.lookup(host, { all: true });
    return found.map(({ address }) => address);
  } catch {
    throw refuse('BAD_REQUEST', 'CONTROL_URL', `The host name ${host} is not found.`);
  }
}

const plain = (address: string): string => address.replace(/^::ffff:/i, '');
const isLoopback = (address: string): boolean => plain(address).startsWith('127.') || address === '::1';
const isLinkLocal = (address: string): boolean =>
  plain(address).startsWith('169.254.') ||
  /^fe[89ab]/i.test(address) ||
  /^fd00:ec2:/i.test(address) ||
  plain(address) === '0.0.0.0' ||
  address === '::';
