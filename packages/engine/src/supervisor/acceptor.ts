/**
 * The listeners. Connections are accepted here and handed on unread, as raw handles: a socket object in this process
 * would start reading, and an accepted one ignores `onread` in the process that gets it.
 */
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import type { RawConnection } from '../admission/refuse-unread.ts';
import { bindTcp, bindUnix, canBind } from './bind.ts';

type Accept = (connection: RawConnection, unix: boolean) => void;

/** A socket that is bound and that this process does not listen on. */
export interface BoundDoor {
  readonly handle: { close(): void };
  readonly unix: boolean;
}

/** A listener could not be opened: what, and what to do. */
export class ListenError extends Error {
  readonly code = 'LISTEN_FAILED';
}

interface HandleOwner {
  _handle: { onconnection: ((status: number, handle: RawConnection | undefined) => void) | null } | null;
}

export class Acceptor {
  private readonly servers: net.Server[] = [];
  private readonly socketFiles: string[] = [];
  private readonly accept: Accept;
  private bound: BoundDoor[] = [];

  constructor(accept: Accept) {
    this.accept = accept;
  }

  /** @param addresses host names or addresses; `*` = all, none = Unix sockets only */
  async listenTcp(addresses: readonly string[], port: number, backlog: number): Promise<void> {
    for (const address of addresses) {
      if (address === '*') {
        await this.listenAll(port, backlog);
        continue;
      }
      const hosts = await resolve(address);
      for (const host of hosts) {
        try {
          await this.listen({ host, port, backlog }, false);
        } catch (error) {
          const { code } = error as NodeJS.ErrnoException;
          // A machine without IPv6 still has a localhost.
          if (hosts.length > 1 && (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT')) continue;
          throw explain(error as NodeJS.ErrnoException, hostAndPort(host, port), port);
        }
      }
    }
  }

  private async listenAll(port: number, backlog: number): Promise<void> {
    try {
      await this.listen({ host: '::', port, backlog }, false);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAFNOSUPPORT') {
        throw explain(error as NodeJS.ErrnoException, `*:${port}`, port);
      }
      await this.listen({ host: '0.0.0.0', port, backlog }, false);
    }
  }

  async listenUnix(
    directories: readonly string[],
    port: number,
    backlog: number,
    mode: number,
    groupId: number | null,
  ): Promise<void> {
    for (const directory of directories) {
      const file = path.join(directory, `.s.PGSQL.${port}`);
      if (Buffer.byteLength(file) > 107) {
        throw new ListenError(`The Unix socket path ${file} is longer than 107 bytes: choose a shorter directory.`);
      }
      await removeDeadSocket(file, port);
      try {
        await this.listen({ path: file, backlog }, true);
      } catch (error) {
        throw explain(error as NodeJS.ErrnoException, file, port);
      }
      this.socketFiles.push(file);
      fs.chmodSync(file, mode);
      if (groupId !== null) fs.chownSync(file, -1, groupId);
    }
  }

  private listen(options: net.ListenOptions, unix: boolean): Promise<void> {
    return new Promise((done, reject) => {
      const server = net.createServer({ pauseOnConnect: true });
      server.once('error', reject);
      server.listen(options, () => {
        server.removeListener('error', reject);
        server.on('error', () => {}); // accept() out of descriptors: the client is served when one is free again
        const handle = (server as unknown as HandleOwner)._handle;
        if (handle === null) {
          reject(new Error('the listener has no handle'));
          return;
        }
        handle.onconnection = (status, connection) => {
          if (status === 0 && connection !== undefined) this.accept(connection, unix);
        };
        this.servers.push(server);
        done();
      });
    });
  }

  get addresses(): readonly string[] {
    return this.servers.map((server) => {
      const address = server.address();
      if (address === null) return '';
      return typeof address === 'string' ? address : hostAndPort(address.address, address.port);
    });
  }

  /**
   * Stops listening and keeps the addresses, for another process to listen on (`doors`).
   * @returns false, and nothing has changed, where Node's internals do not allow that
   */
  leave(): boolean {
    if (!canBind) return false;
    const places = this.servers.map((server) => server.address());
    const modes = this.socketFiles.map((file) => fs.statSync(file));
    for (const server of this.servers.splice(0)) server.close();
    for (const place of places) {
      if (place === null) continue;
      const unix = typeof place === 'string';
      this.bound.push({ handle: unix ? bindUnix(place) : bindTcp(place.address, place.port), unix });
    }
    this.socketFiles.forEach((file, i) => {
      const before = modes[i] as fs.Stats;
      fs.chmodSync(file, before.mode & 0o7777);
      fs.chownSync(file, before.uid, before.gid);
    });
    return true;
  }

  get doors(): readonly BoundDoor[] {
    return this.bound;
  }

  close(): void {
    for (const door of this.bound.splice(0)) door.handle.close();
    for (const server of this.servers.splice(0)) server.close();
    for (const file of this.socketFiles.splice(0)) fs.rmSync(file, { force: true });
  }
}

/** As in a URL: an IPv6 address stands in brackets. */
const hostAndPort = (host: string, port: number): string =>
  net.isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;

async function resolve(address: string): Promise<string[]> {
  if (net.isIP(address) !== 0) return [address];
  const { lookup } = await import('node:dns/promises');
  try {
    const found = await lookup(address, { all: true });
    return [...new Set(found.map((entry) => entry.address))];
  } catch {
    throw new ListenError(`The address "${address}" in listen_addresses could not be resolved.`);
  }
}

/** A socket file that nobody answers on is left over from a crash. */
async function removeDeadSocket(file: string, port: number): Promise<void> {
  if (!fs.existsSync(file)) return;
  const alive = await new Promise<boolean>((done) => {
    const socket = net.connect({ path: file });
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
  if (alive)
    throw new ListenError(`Another server answers on the Unix socket ${file}: stop it, or change port ${port}.`);
  fs.rmSync(file, { force: true });
}

function explain(error: NodeJS.ErrnoException, where: string, port: number): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new ListenError(
        `Port ${port} is already in use (${where}): stop the program that has it, or choose another port.`,
      );
    case 'EACCES':
    case 'EPERM':
      return new ListenError(
        `Not allowed to listen on ${where}: choose another port or directory, or change its rights.`,
      );
    case 'ENOENT':
      return new ListenError(
        `The directory of the Unix socket ${where} does not exist: create it, or change unix_socket_directories.`,
      );
    case 'EADDRNOTAVAIL':
      return new ListenError(`The address ${where} is not one of this machine's: change listen_addresses.`);
    default:
      return new ListenError(`Cannot listen on ${where}: ${error.message}`);
  }
}
