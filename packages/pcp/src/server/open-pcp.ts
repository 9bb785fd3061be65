/** The PCP server: one door to the operations. */
import type net from 'node:net';
import { encodeError } from '../wire/notice.ts';
import type { PcpOperations } from './commands/command.ts';
import { FailedSignIns } from './failed-sign-ins.ts';
import { Listeners, type PcpAddresses } from './listeners.ts';
import { PcpSession } from './session.ts';

export interface PcpSettings extends PcpAddresses {
  /** pcp.conf */
  readonly usersFile: string;
  readonly authentication_timeout: number;
  readonly log_pcp_processes: boolean;
}

export interface PcpServer {
  /** Ends the connections too. */
  close(): Promise<void>;
}

export interface PcpServerOptions {
  /** A warning unless it says otherwise. */
  readonly log?: (message: string, level?: 'log' | 'warning') => void;
  /** How long attach and detach wait for their end. */
  readonly settleMs?: number;
}

const CONNECTIONS_MAX = 100;
/** Of these, such that have not signed in. */
const STRANGERS_MAX = 50;
const SETTLE_MS = 10_000;

/** @throws PcpListenError */
export async function openPcp(
  operations: PcpOperations,
  settings: PcpSettings,
  { log = () => {}, settleMs = SETTLE_MS }: PcpServerOptions = {},
): Promise<PcpServer> {
  const failures = new FailedSignIns();
  const sockets = new Set<net.Socket>();
  const strangers = new Set<net.Socket>();

  const serve = async (socket: net.Socket, local: boolean): Promise<void> => {
    const address = local ? '' : (socket.remoteAddress ?? '?');
    const from = local ? 'a local socket' : address;
    if (settings.log_pcp_processes) log(`PCP: connection from ${from}`, 'log');
    const session = new PcpSession(socket, {
      operations,
      usersFile: settings.usersFile,
      failures,
      address,
      limitMs: settings.authentication_timeout * 1000,
      settleMs,
      nowMs: () => performance.now(),
      log: (message) => log(printable(message)),
      signedIn: () => strangers.delete(socket),
      refused: (user) => log(printable(`PCP: authentication failed for user "${user}" from ${from}`)),
    });
    await session.run();
    if (settings.log_pcp_processes) log(`PCP: connection from ${from} ended`, 'log');
  };

  const listeners = new Listeners((socket, local) => {
    socket.on('error', () => {}); // the session sees it too
    if (sockets.size >= CONNECTIONS_MAX || strangers.size >= STRANGERS_MAX) {
      socket.end(encodeError({ severity: 'FATAL', message: 'sorry, too many PCP connections already' }));
      socket.resume();
      setTimeout(() => socket.destroy(), 1_000).unref();
      return;
    }
    sockets.add(socket);
    strangers.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      strangers.delete(socket);
    });
    void serve(socket, local);
  });
  await listeners.open(settings);
  return {
    async close() {
      const closed = listeners.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** What strangers chose stays within its line of the log. */
const printable = (text: string): string =>
  text.replaceAll(/\p{Cc}/gu, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
