/**
 * Node's own handle under a socket, used without the stream machinery on top: reads arrive in a shared buffer, and a
 * write that the kernel takes at once leaves nothing behind. A stream object costs more than the rest of a short
 * session, and its writes more than the rest of a query's way through this process.
 *
 * This leans on Node's internals. They are looked for once; where they are not as expected, `nativeHandles` is null and
 * channels go over net.Socket. `channel.test.ts` runs the same tests over both.
 */
import net from 'node:net';

interface Request {
  oncomplete: ((status: number) => void) | null;
  /** Keeps the bytes alive while the kernel has not taken them. */
  buffer: Buffer | null;
}

/** TCP or Pipe handle as libuv gives it. */
export interface NativeHandle {
  onread: ((this: NativeHandle) => void) | null;
  useUserBuffer(buffer: Buffer): void;
  readStart(): number;
  readStop(): number;
  writeBuffer(request: Request, bytes: Buffer): number;
  shutdown(request: Request): number;
  close(done?: () => void): void;
  /** Of TCP: closes with RST, and what was sent and not received is gone. Not 0 when it could not. */
  reset?(done?: () => void): number;
  setNoDelay?(on: boolean): number;
  setKeepAlive?(on: boolean, seconds: number): number;
  getpeername?(into: { address?: string; port?: number }): number;
  /** The channel that owns it. */
  owner?: NativeOwner;
}

export interface NativeOwner {
  /** A positive count of bytes in the shared buffer, or a negative error. */
  nativeRead(count: number): void;
  /** The kernel has taken what a write left over. */
  nativeWritten(status: number): void;
}

interface StreamBinding {
  WriteWrap: new () => Request;
  ShutdownWrap: new () => Request;
  streamBaseState: Int32Array;
  kLastWriteWasAsync: number;
  kReadBytesOrError: number;
}

/** libuv's code for the end of a stream. */
export const END_OF_STREAM = -4095;

export class NativeHandles {
  private readonly binding: StreamBinding;
  /** A request that completed at once was never handed to the event loop and serves again. */
  private spare: Request;
  private readonly onread: (this: NativeHandle) => void;

  constructor(binding: StreamBinding) {
    this.binding = binding;
    this.spare = new binding.WriteWrap();
    const { streamBaseState, kReadBytesOrError } = binding;
    this.onread = function (this: NativeHandle): void {
      const count = streamBaseState[kReadBytesOrError] as number;
      if (count !== 0) this.owner?.nativeRead(count);
    };
  }

  /** Starts reading into `buffer`, which all handles may share: `owner.nativeRead` runs before the next read. */
  adopt(handle: NativeHandle, owner: NativeOwner, buffer: Buffer): void {
    handle.owner = owner;
    handle.onread = this.onread;
    handle.useUserBuffer(buffer);
    handle.readStart();
  }

  /**
   * @returns 0 when the kernel took everything, 1 when the rest is under way (`owner.nativeWritten` follows), or a negative error
   */
  write(handle: NativeHandle, bytes: Buffer, owner: NativeOwner): number {
    const { binding, spare } = this;
    const error = handle.writeBuffer(spare, bytes);
    if (error !== 0) return error;
    if (binding.streamBaseState[binding.kLastWriteWasAsync] === 0) return 0;
    this.spare = new binding.WriteWrap();
    spare.buffer = bytes;
    spare.oncomplete = (status) => {
      spare.buffer = null;
      spare.oncomplete = null;
      owner.nativeWritten(status);
    };
    return 1;
  }

  /** Sends FIN after everything written before. */
  shutdown(handle: NativeHandle, done: () => void): void {
    const request = new this.binding.ShutdownWrap();
    request.oncomplete = () => {
      request.oncomplete = null;
      done();
    };
    if (handle.shutdown(request) !== 0) done();
  }

  /** True for a handle that has all that a channel calls. */
  fits(handle: unknown): handle is NativeHandle {
    const candidate = handle as Partial<NativeHandle> | null;
    return (
      typeof candidate?.writeBuffer === 'function' &&
      typeof candidate.useUserBuffer === 'function' &&
      typeof candidate.readStart === 'function' &&
      typeof candidate.readStop === 'function' &&
      typeof candidate.shutdown === 'function' &&
      typeof candidate.close === 'function'
    );
  }
}

function findBinding(): StreamBinding | null {
  try {
    const { binding } = process as unknown as { binding(name: string): Partial<StreamBinding> };
    const found = binding('stream_wrap');
    const usable =
      typeof found.WriteWrap === 'function' &&
      typeof found.ShutdownWrap === 'function' &&
      found.streamBaseState !== undefined &&
      typeof found.kLastWriteWasAsync === 'number' &&
      typeof found.kReadBytesOrError === 'number';
    return usable ? (found as StreamBinding) : null;
  } catch {
    return null;
  }
}

const binding = findBinding();

export const nativeHandles: NativeHandles | null = binding === null ? null : new NativeHandles(binding);

/** Makes a stream of a handle that TLS needs to sit on. The handle stops being ours. */
export function streamOf(handle: NativeHandle): net.Socket {
  delete handle.owner;
  return new net.Socket({ handle, pauseOnCreate: true } as unknown as net.SocketConstructorOpts);
}
