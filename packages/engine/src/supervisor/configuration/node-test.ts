/** Does a PostgreSQL server answer there? Asked as any client would begin, without signing in. */
import net from 'node:net';
import type { NodeTest } from '@pgherd/operations';

const LIMIT_MS = 3_000;
/** One draft is no scan of a network. */
const NODES_MAX = 16;
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

export interface NodePlace {
  readonly id: number;
  readonly hostname: string;
  readonly port: number;
}

/** All at once, each within three seconds. */
export function testNodes(nodes: readonly NodePlace[]): Promise<NodeTest[]> {
  return Promise.all(nodes.slice(0, NODES_MAX).map(testNode));
}

async function testNode({ id, hostname, port }: NodePlace): Promise<NodeTest> {
  const startedMs = performance.now();
  const { ok, detail } = await answers(hostname, port);
  return { node: id, host: hostname, port, ok, detail, tookMs: performance.now() - startedMs };
}

function answers(hostname: string, port: number): Promise<{ ok: boolean; detail: string }> {
  return new Promise((resolve) => {
    const unix = hostname.startsWith('/');
    const socket = unix ? net.connect(`${hostname}/.s.PGSQL.${port}`) : net.connect({ host: hostname, port });
    const done = (ok: boolean, detail: string): void => {
      clearTimeout(limit);
      socket.destroy();
      resolve({ ok, detail });
    };
    const limit = setTimeout(() => done(false, `nobody answered within ${LIMIT_MS / 1_000} s`), LIMIT_MS);
    socket.once('connect', () => socket.write(SSL_REQUEST));
    // S or N: with or without TLS. E: a server that is older than the question, or one that is full.
    socket.once('data', (bytes: Buffer) =>
      /^[SNE]/.test(bytes.toString('latin1', 0, 1))
        ? done(true, 'a PostgreSQL server answers')
        : done(false, 'who answers there is no PostgreSQL server'),
    );
    socket.once('error', (error: NodeJS.ErrnoException) => done(false, reasonOf(error.code ?? '')));
    socket.once('close', () => done(false, 'the connection was closed without an answer'));
  });
}

function reasonOf(code: string): string {
  if (code === 'ECONNREFUSED' || code === 'ENOENT') return 'no server listens there';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the name of the host cannot be resolved';
  return `it cannot be reached (${code})`;
}
