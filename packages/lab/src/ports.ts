import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { LabError } from './errors.ts';

/** Below 32768: above, the kernel hands ports to outgoing connections. */
const FIRST = 20_000;
const LAST = 31_000;

/** Locks held by this process for its life. The kernel drops them when the process ends, however it ends. */
const held: Server[] = [];

/** n consecutive ports, free on 127.0.0.1 now and not given to another process by this function since.
 *  @throws LabError PORTS_EXHAUSTED */
export async function freePorts(n: number): Promise<number[]> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const first = randomInt(FIRST, LAST - n);
    const ports = Array.from({ length: n }, (_, i) => first + i);
    const locks = await lockAll(ports);
    if (!locks) continue;
    held.push(...locks);
    return ports;
  }
  throw new LabError(
    'PORTS_EXHAUSTED',
    `found no ${n} consecutive free ports between ${FIRST} and ${LAST}.`,
    'Stop what listens there, or name the ports with --base-port.',
  );
}

async function lockAll(ports: readonly number[]): Promise<Server[] | undefined> {
  const locks: Server[] = [];
  for (const port of ports) {
    // An abstract Unix socket as the lock: no file that could be left behind.
    const lock = process.platform === 'linux' ? await listen({ path: `\0pgherd-lab-port-${port}` }) : createServer();
    if (lock) locks.push(lock);
    if (!lock || !(await portIsFree(port))) {
      for (const taken of locks) taken.close();
      return undefined;
    }
  }
  for (const lock of locks) lock.unref();
  return locks;
}

/** Could a server listen on host:port now? */
export async function portIsFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  const server = await listen({ port, host });
  if (!server) return false;
  await new Promise((resolve) => server.close(resolve));
  return true;
}

function listen(where: { path: string } | { port: number; host: string }): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(where, () => resolve(server));
  });
}
