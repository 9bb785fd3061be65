/**
 * Binds an address without listening on it. The socket outlives the process that listens: while a new worker starts,
 * clients wait in the system's queue instead of being refused. Leans on Node's internals; `canBind` says whether they are
 * as expected.
 */
import net from 'node:net';

export interface BoundHandle {
  close(): void;
}

interface TcpHandle extends BoundHandle {
  bind(address: string, port: number): number;
  bind6(address: string, port: number, flags: number): number;
}

interface PipeHandle extends BoundHandle {
  bind(path: string): number;
}

interface Binding<Handle> {
  readonly constants: { readonly SERVER: number };
  readonly make: new (kind: number) => Handle;
}

function find<Handle>(name: string, className: string): Binding<Handle> | null {
  try {
    const { binding } = process as unknown as { binding(name: string): Record<string, unknown> };
    const found = binding(name);
    const constants = found['constants'] as { SERVER?: unknown } | undefined;
    if (typeof found[className] !== 'function' || typeof constants?.SERVER !== 'number') return null;
    return { constants: constants as { SERVER: number }, make: found[className] as new (kind: number) => Handle };
  } catch {
    return null;
  }
}

const tcp = find<TcpHandle>('tcp_wrap', 'TCP');
const pipe = find<PipeHandle>('pipe_wrap', 'Pipe');

export const canBind = tcp !== null && pipe !== null;

/** @throws Error when the address cannot be had (any more) */
export function bindTcp(address: string, port: number): BoundHandle {
  const { make, constants } = tcp as Binding<TcpHandle>;
  const handle = new make(constants.SERVER);
  return bound(handle, net.isIPv6(address) ? handle.bind6(address, port, 0) : handle.bind(address, port), address);
}

/** @throws Error when the path cannot be had (any more) */
export function bindUnix(path: string): BoundHandle {
  const { make, constants } = pipe as Binding<PipeHandle>;
  const handle = new make(constants.SERVER);
  return bound(handle, handle.bind(path), path);
}

function bound<Handle extends BoundHandle>(handle: Handle, status: number, where: string): Handle {
  if (status === 0) return handle;
  handle.close();
  throw new Error(`cannot bind ${where} (${status})`);
}
