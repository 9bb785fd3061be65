/**
 * Writes to a plain socket's handle without the stream machinery in between. A stream's write costs more than the rest
 * of a query's way through this process; nearly always the kernel takes all bytes at once and there is nothing to keep.
 *
 * This leans on Node's internals (the handle's `writeBuffer`). They are looked for once; where they are not as expected,
 * `directWriter` is null and channels write through the stream. `channel.test.ts` runs the same tests over both.
 */

interface WriteRequest {
  oncomplete: ((status: number) => void) | null;
  /** Keeps the bytes alive while the kernel has not taken them. */
  buffer: Buffer | null;
}

export interface WriteHandle {
  writeBuffer(request: WriteRequest, bytes: Buffer): number;
}

export interface DirectWriter {
  /**
   * @returns 0 when the kernel took everything, 1 when the rest is under way (`done` follows), or a negative error
   */
  write(handle: WriteHandle, bytes: Buffer, done: (status: number) => void): number;
}

interface StreamBinding {
  WriteWrap: new () => WriteRequest;
  streamBaseState: Int32Array;
  kLastWriteWasAsync: number;
}

function findBinding(): StreamBinding | null {
  try {
    const { binding } = process as unknown as { binding(name: string): Partial<StreamBinding> };
    const found = binding('stream_wrap');
    const usable =
      typeof found.WriteWrap === 'function' &&
      found.streamBaseState !== undefined &&
      typeof found.kLastWriteWasAsync === 'number';
    return usable ? (found as StreamBinding) : null;
  } catch {
    return null;
  }
}

function makeWriter({ WriteWrap, streamBaseState, kLastWriteWasAsync }: StreamBinding): DirectWriter {
  // A request that completed at once was never handed to the event loop and serves again.
  let spare = new WriteWrap();
  return {
    write(handle, bytes, done) {
      const error = handle.writeBuffer(spare, bytes);
      if (error !== 0) return error;
      if (streamBaseState[kLastWriteWasAsync] === 0) return 0;
      const request = spare;
      spare = new WriteWrap();
      request.buffer = bytes;
      request.oncomplete = (status) => {
        request.buffer = null;
        request.oncomplete = null;
        done(status);
      };
      return 1;
    },
  };
}

const binding = findBinding();

export const directWriter: DirectWriter | null = binding === null ? null : makeWriter(binding);

/** The handle of a plain socket, if it can be written to directly. */
export function writeHandleOf(socket: object): WriteHandle | null {
  const handle = (socket as { _handle?: Partial<WriteHandle> | null })._handle;
  return typeof handle?.writeBuffer === 'function' ? (handle as WriteHandle) : null;
}
