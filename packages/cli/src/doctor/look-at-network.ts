/** Is there somebody at an address? */
import net from 'node:net';
import type { PortFacts, Reach } from './facts.ts';

const LIMIT_MS = 3_000;

/** Opens a connection and closes it. */
export function reach(host: string, port: number, limitMs = LIMIT_MS): Promise<Reach> {
  return new Promise((resolve) => {
    const socket = host.startsWith('/') ? net.connect(`${host}/.s.PGSQL.${port}`) : net.connect({ host, port });
    const limit = setTimeout(() => {
      socket.destroy();
      resolve({ ok: false, kind: 'silent', reason: `no answer within ${limitMs / 1_000} s` });
    }, limitMs);
    socket.once('connect', () => {
      clearTimeout(limit);
      socket.destroy();
      resolve({ ok: true });
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(limit);
      resolve({
        ok: false,
        kind: kindOf(error.code ?? ''),
        reason: error.message === '' ? (error.code ?? '') : error.message,
      });
    });
  });
}

function kindOf(code: string): 'refused' | 'silent' | 'no-name' | 'other' {
  if (code === 'ECONNREFUSED' || code === 'ENOENT') return 'refused';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'no-name';
  return code === 'ETIMEDOUT' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH' ? 'silent' : 'other';
}

/** @param isServed the proxy runs, so somebody should answer; else the port should be free */
export async function lookAtPort(
  parameter: string,
  addresses: readonly string[],
  port: number,
  isServed: boolean,
): Promise<PortFacts | null> {
  const [address] = addresses;
  if (address === undefined || port === 0) return null;
  const host = ['*', '0.0.0.0', '::', ''].includes(address) ? 'localhost' : address;
  const answer = await reach(host, port);
  const facts = { parameter, host, port, reason: answer.ok ? '' : answer.reason };
  if (isServed) return { ...facts, state: answer.ok ? 'answers' : 'silent' };
  return { ...facts, state: answer.ok ? 'taken' : 'free' };
}
