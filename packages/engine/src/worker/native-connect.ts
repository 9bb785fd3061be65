/** Opens a connection on a native handle: names are looked up, and their addresses tried in order. */
import { lookup } from 'node:dns';
import net from 'node:net';
import { getSystemErrorName } from 'node:util';
import { type NativeHandle, nativeHandles } from './native-handle.ts';

interface ConnectRequest {
  oncomplete: ((status: number) => void) | null;
}

interface ConnectingHandle extends NativeHandle {
  connect(request: ConnectRequest, address: string, port?: number): number;
  connect6(request: ConnectRequest, address: string, port: number): number;
}

interface ConnectBinding<Name extends string> {
  constants: { SOCKET: number };
  handle: new (kind: number) => ConnectingHandle;
  request: new () => ConnectRequest;
  name: Name;
}

function find<Name extends string>(name: Name, handle: string, request: string): ConnectBinding<Name> | null {
  try {
    const { binding } = process as unknown as { binding(name: string): Record<string, unknown> };
    const found = binding(name);
    const constants = found['constants'] as { SOCKET?: unknown } | undefined;
    if (typeof found[handle] !== 'function' || typeof found[request] !== 'function') return null;
    if (typeof constants?.SOCKET !== 'number') return null;
    return { name, constants, handle: found[handle], request: found[request] } as ConnectBinding<Name>;
  } catch {
    return null;
  }
}

const tcp = find('tcp_wrap', 'TCP', 'TCPConnectWrap');
const pipe = find('pipe_wrap', 'Pipe', 'PipeConnectWrap');

/** False where Node's internals are not as expected: connect over net.Socket then. */
export const canConnectNatively = tcp !== null && pipe !== null && nativeHandles !== null;

export interface Connecting {
  /** Gives up; neither callback is called afterwards. */
  cancel(): void;
}

type Target = { readonly host: string; readonly port: number } | { readonly path: string };

export function connectNatively(
  target: Target,
  connected: (handle: NativeHandle) => void,
  failed: (error: Error) => void,
): Connecting {
  let over = false;
  let current: ConnectingHandle | null = null;
  const attempt = (
    start: (request: ConnectRequest) => number,
    handle: ConnectingHandle,
    next: (error: Error) => void,
  ) => {
    current = handle;
    const request = new ((target as { path?: string }).path === undefined ? tcp : pipe)!.request();
    request.oncomplete = (status) => {
      request.oncomplete = null;
      current = null;
      if (over) {
        handle.close();
        return;
      }
      if (status === 0) {
        over = true;
        connected(handle);
        return;
      }
      handle.close();
      next(systemError(status, target));
    };
    const status = start(request);
    if (status !== 0) setImmediate(() => request.oncomplete?.(status));
  };
  const fail = (error: Error): void => {
    if (over) return;
    over = true;
    failed(error);
  };
  if ('path' in target) {
    const handle = new pipe!.handle(pipe!.constants.SOCKET);
    attempt((request) => handle.connect(request, target.path), handle, fail);
  } else {
    withAddresses(target.host, (error, addresses) => {
      if (over) return;
      if (error !== null) {
        fail(error);
        return;
      }
      const tryNext = (index: number, last: Error): void => {
        const address = addresses[index];
        if (over) return;
        if (address === undefined) {
          fail(last);
          return;
        }
        const handle = new tcp!.handle(tcp!.constants.SOCKET);
        const start = (request: ConnectRequest): number =>
          net.isIPv6(address)
            ? handle.connect6(request, address, target.port)
            : handle.connect(request, address, target.port);
        attempt(start, handle, (cause) => tryNext(index + 1, cause));
      };
      tryNext(0, new Error(`"${target.host}" has no address`));
    });
  }
  return {
    cancel() {
      if (over) return;
      over = true;
      // An attempt under way ends with an error, which closes its handle.
      const handle = current;
      current = null;
      handle?.close();
    },
  };
}

function withAddresses(host: string, done: (error: Error | null, addresses: readonly string[]) => void): void {
  if (net.isIP(host) !== 0) {
    done(null, [host]);
    return;
  }
  lookup(host, { all: true }, (error, found) => {
    done(error, error === null ? found.map((entry) => entry.address) : []);
  });
}

function systemError(status: number, target: Target): Error {
  const code = status < 0 ? getSystemErrorName(status) : `error ${status}`;
  const where = 'path' in target ? target.path : `${target.host}:${target.port}`;
  return Object.assign(new Error(`connect ${code} ${where}`), { code });
}
