/** Where PCP is heard: TCP addresses, and a Unix socket `.s.PGSQL.<pcp_port>` in each directory. */

import { lookup } from 'node:dns/promises';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';

export interface PcpAddresses {
  readonly pcp_listen_addresses: readonly string[];
  readonly pcp_port: number;
  readonly pcp_socket_dir: readonly string[];
}

/** What a Unix socket's address can hold. */
const SOCKET_PATH_BYTES_MAX = 107;
const BACKLOG = 64;

/** PCP cannot be served: one sentence with the remedy. */
export class PcpListenError extends Error {
  readonly code = 'PCP_LISTEN_FAILED';
}

export class Listeners {
  private readonly servers: net.Server[] = [];
  private readonly files: string[] = [];
  private readonly accept: (socket: net.Socket, local: boolean) => void;

  constructor(accept: (socket: net.Socket, local: boolean) => void) {
    this.accept = accept;
  }

  /** @throws PcpListenError: then nothing is open */
  async open({
    pcp_listen_addresses: addresses,
    pcp_port: port,
    pcp_socket_dir: directories,
  }: PcpAddresses): Promise<void> {
    try {
      for (const address of addresses) await this.openTcp(address, port);
      for (const directory of directories) await this.openUnix(path.resolve(directory), port);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.servers.splice(0).map((server) => new Promise((done) => server.close(done))));
    for (const file of this.files.splice(0)) fs.rmSync(file, { force: true });
  }

  private async openTcp(address: string, port: number): Promise<void> {
    const hosts = await hostsOf(address);
    for (const host of hosts) {
      try {
        await this.listen({ port, backlog: BACKLOG, ...(host === null ? {} : { host }) }, false);
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        // A machine without IPv6 still has a localhost.
        if (hosts.length > 1 && (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT')) continue;
        throw new PcpListenError(
          code === 'EADDRINUSE'
            ? `Port ${port} (pcp_port) is already in use: stop the program that has it, or change it.`
            : `Cannot listen on ${host ?? '*'}:${port} for PCP (pcp_listen_addresses): ${message}`,
        );
      }
    }
  }

  private async openUnix(directory: string, port: number): Promise<void> {
    const file = path.join(directory, `.s.PGSQL.${port}`);
    if (Buffer.byteLength(file) > SOCKET_PATH_BYTES_MAX) {
      throw new PcpListenError(`${file} is too long for a Unix socket: choose a shorter pcp_socket_dir.`);
    }
    if (fs.existsSync(file)) {
      if (await answers(file)) {
        throw new PcpListenError(
          `${file} is in use: stop the program that has it, or change pcp_port or pcp_socket_dir.`,
        );
      }
      fs.rmSync(file, { force: true }); // of a process that was killed
    }
    try {
      await this.listen({ path: file, backlog: BACKLOG }, true);
    } catch (error) {
      throw new PcpListenError(`Cannot make the Unix socket ${file} (pcp_socket_dir): ${(error as Error).message}`);
    }
    this.files.push(file);
    fs.chmodSync(file, 0o777); // as Pgpool-II: the password decides
  }

  private listen(options: net.ListenOptions, local: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const server = net.createServer({ noDelay: true, keepAlive: true }, (socket) => this.accept(socket, local));
      server.once('error', reject);
      server.listen(options, () => {
        server.off('error', reject);
        server.on('error', () => {}); // out of descriptors for a moment
        this.servers.push(server);
        resolve();
      });
    });
  }
}

/** Null: every address. @throws PcpListenError */
async function hostsOf(address: string): Promise<readonly (string | null)[]> {
  if (address === '*') return [null];
  if (net.isIP(address) !== 0) return [address];
  try {
    return [...new Set((await lookup(address, { all: true })).map((found) => found.address))];
  } catch (error) {
    throw new PcpListenError(`There is no host "${address}" (pcp_listen_addresses): ${(error as Error).message}`);
  }
}

function answers(file: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(file);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // Anything but "nobody listens there" may be somebody: not ours to take away.
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
  });
}
