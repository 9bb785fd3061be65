/** One worker as the supervisor sees it: a child process, its counters, and what was sent to it. */
import { type ChildProcess, fork, type Serializable } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { RawConnection } from '../admission/refuse-unread.ts';
import type { ToSupervisor, ToWorker, WorkerStats } from '../ipc.ts';
import type { BoundDoor } from './acceptor.ts';

/**
 * Regular expressions from users cannot hang a worker. What a statement leaves behind dies young: a small nursery holds
 * it, and idle clients do not pay for a large one.
 */
export const WORKER_FLAGS: string[] = [
  '--enable-experimental-regexp-engine-on-excessive-backtracks',
  '--regexp-backtracks-before-fallback=10000',
  '--max-semi-space-size=2',
  '--no-warnings',
];

const SOURCE = fileURLToPath(new URL('../worker/main.ts', import.meta.url));

export class WorkerProcess {
  readonly index: number;
  readonly child: ChildProcess;
  /** It took its first configuration and serves. Stays true. */
  ready = false;
  /** Sockets of ours that it listens on. */
  listening = 0;
  private doorsSent = false;
  /** Connections handed to it that have not ended. */
  readonly connections = new Set<number>();
  stats: WorkerStats | null = null;
  /** The configuration that it last answered for; 0 while an answer is due. */
  appliedConfig = 0;
  /** Connections that were sent and of which our copy is still open. */
  private readonly underway = new Set<RawConnection>();

  constructor(
    index: number,
    entry: string | null,
    logFd: number,
    onMessage: (worker: WorkerProcess, message: ToSupervisor) => void,
    onExit: (worker: WorkerProcess, code: number | null, signal: NodeJS.Signals | null) => void,
  ) {
    this.index = index;
    this.child = fork(entry ?? SOURCE, [], {
      execArgv: WORKER_FLAGS,
      serialization: 'json', // small messages by the thousand; the one large one is packed (packSnapshot)
      // what a worker writes, also when it crashes, belongs to the log
      stdio: ['ignore', logFd, logFd, 'ipc'],
    });
    this.child.on('message', (message) => onMessage(this, message as ToSupervisor));
    this.child.once('exit', (code, signal) => {
      // Node queues handles until the child has acknowledged the one before, and forgets the queue when the child dies.
      for (const connection of this.underway) connection.close();
      this.underway.clear();
      onExit(this, code, signal);
    });
    this.child.on('error', () => {}); // `exit` follows; a failed send is answered by its callback
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  send(message: ToWorker): void {
    if (this.child.connected) this.child.send(message as Serializable, () => {});
  }

  /**
   * Lets it listen on sockets that stay ours: should the worker die, clients wait for the next one.
   * @returns true once it does on all of them; each time it has opened one it says so
   */
  listens(doors: readonly BoundDoor[], backlog: number): boolean {
    if (!this.doorsSent) {
      this.doorsSent = true;
      for (const { handle, unix } of doors) {
        if (!this.child.connected) return false;
        const message: ToWorker = { t: 'listen', unix, backlog };
        this.child.send(message as Serializable, handle as never, { keepOpen: true }, () => {});
      }
    }
    return this.listening >= doors.length;
  }

  /** Hands a connection over; our copy of its descriptor is closed once the other side has it. */
  sendConnection(message: ToWorker, connection: RawConnection): void {
    if (!this.child.connected) {
      connection.close();
      return;
    }
    this.underway.add(connection);
    this.child.send(message as Serializable, connection as never, { keepOpen: false }, () => {
      this.underway.delete(connection);
      connection.close();
    });
  }
}
