import type { ReceivedErrorFields } from '@pgherd/wire';
import type { Link } from '../backend/link.ts';
import type { Reader } from './reader.ts';

/** What the router needs of its session. */
export interface RouterSession {
  readonly home: Link;
  /** Where the last statement went. */
  readonly link: Link;
  /** The home link belongs to the session: the engine asks nothing there. */
  readonly homeFree: boolean;
  readonly ended: boolean;
  /** The message is for the engine: no node gets it. */
  isOwn(buffer: Buffer, pos: number, size: number): boolean;
  /** The home link is closed, and another one takes its place. */
  adoptHome(link: Link): void;
  endWith(reason: 'epoch', sqlstate: string, message: string, detail?: string): void;
  /** What was kept goes on. */
  resumeRouted(): void;
  /** Does these messages next, before what was kept. */
  repeat(bytes: Buffer): void;
  /** The statement that waits failed before it ran: the client gets the server's error. @returns false when a batch is not
   *  whole: the server will skip the rest of it */
  failWaiting(error: ReceivedErrorFields): boolean;
  toClient(buffer: Buffer, start: number, end: number): boolean;
  /** A read node's answer is complete. */
  readerFinished(): void;
  /** A read node was lost in the middle of an answer. */
  readerLost(reader: Reader): void;
  backendFull(): void;
  backendDrained(): void;
}
