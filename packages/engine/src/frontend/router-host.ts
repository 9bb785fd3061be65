/** What a worker knows and can do for the routing of its sessions. */
import type { TextRules } from '@pgherd/sql';
import type { ReceivedErrorFields } from '@pgherd/wire';
import type { Link } from '../backend/link.ts';
import type { HerdView } from '../routing/decide.ts';
import type { RoutingRules } from '../routing/rules.ts';
import type { ReadPreference, StatementRoute } from '../routing/types.ts';
import type { Answer } from './engine-query.ts';

export interface ClientIdentity {
  readonly application: string;
  readonly database: string;
  readonly user: string;
  /** default_transaction_isolation of the start-up packet, in lower case; null = not in it. */
  readonly isolation: string | null;
}

/** A session as its host sees it. */
export interface RoutedSession {
  readonly identity: ClientIdentity;
  /** Its connection to the primary. */
  readonly homeLink: Link;
  readonly scope: TextScope;
  readonly ended: boolean;
}

/** In which session a text is read: what its names and its bytes mean there. */
export interface TextScope {
  /** Same key, same meaning of names. */
  readonly key: string;
  readonly rules: TextRules;
  /** The session's own, after PGPOOL SET; null = those of all. */
  readonly routing: RoutingRules | null;
}

export interface RouterHost {
  readonly rules: RoutingRules;
  readonly herd: HerdView;
  /** A number in [0, 1). */
  readonly draw: () => number;
  /** Grows with each change of the configuration or the catalog: routes found before may be wrong. */
  readonly generation: number;
  /** Of messages that run no statement. */
  readonly nothing: StatementRoute;
  /** Of what nobody has looked at. */
  readonly unknown: StatementRoute;
  /** Of a FunctionCall message. */
  readonly functionCall: StatementRoute;
  /** The route of a text for this session, if it is known or can be found out at once. */
  routeOf(router: RoutedSession, buffer: Buffer, start: number, end: number): StatementRoute | null;
  /** What can be said without asking anybody. */
  routeNow(router: RoutedSession, buffer: Buffer, start: number, end: number): StatementRoute;
  /**
   * Finds out the route of a text that routeOf did not know.
   * @param ask runs a question on the session's own link; null when that is not possible now
   * @returns `error` when a question failed
   */
  findRoute(
    router: RoutedSession,
    text: Buffer,
    ask: ((sql: string) => Promise<Answer>) | null,
  ): Promise<{ readonly route: StatementRoute; readonly error: ReceivedErrorFields | null }>;
  readNodeFor(identity: ClientIdentity): { readonly node: number; readonly preference: ReadPreference | null };
  /** A connection to a read node with the session's own start-up packet; null when there is none to be had. */
  openReader(router: RoutedSession, nodeId: number): Promise<Link | null>;
  closeReader(link: Link, reusable: boolean): void;
  /** Nobody begins a transaction at the primary now, nor a statement outside one. */
  readonly held: boolean;
  /** Resolves when that is over, with another primary or the same. @throws BackendUnavailableError 57P03 */
  released(): Promise<void>;
  /** Another connection to the primary, with the session's own start-up packet. @throws BackendUnavailableError */
  openHome(router: RoutedSession): Promise<Link>;
  /** A read node closed the connection of a session. */
  readerLost(link: Link): void;
  /** A position of the primary's that holds all that has been written so far; null when nobody can tell. */
  askPosition(): Promise<bigint | null>;
  /** Asks what a node has replayed; in `wait` mode until it has `position`, or the time is over. */
  askReplayed(nodeId: number, position: bigint): Promise<void>;
  /** A statement that may have changed the catalog is over. */
  catalogChanged(): void;
  /**
   * The same of one that seldom does. They come often: what is known of names is forgotten once for many.
   * @returns false when that is still to come
   */
  catalogMayHaveChanged(): boolean;
  /** Grows when what is known of names is forgotten. */
  readonly namesGeneration: number;
  /** A standby refused this read: it writes. @returns its route, now that this is known */
  misrouted(route: StatementRoute): StatementRoute;
  /** The node of the server process that has this PID, among this worker's sessions. */
  nodeOfPid(pid: number): number | null;
  countRoute(nodeId: number, route: StatementRoute): void;
  trouble(error: Error): void;
}
