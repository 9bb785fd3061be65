/**
 * The prepared statements of one session, so that any connection can be given them. The primary's connection always has
 * them under the client's own names; a read node's gets a statement before it first runs there.
 */
import type { StatementRoute } from '../routing/types.ts';
import type { PendingParse } from './exchange.ts';

export interface Prepared {
  readonly name: string;
  /** Another statement under the same name has another number. */
  readonly version: number;
  /** A Parse message, or a Query message with SQL's PREPARE. */
  readonly message: Buffer;
  readonly bySql: boolean;
  /** Where what it runs may go, as found in this generation of the catalog and this scope of names. */
  route: StatementRoute;
  generation: number;
  scope: string;
}

/** What the statements of one client may hold here. Those beyond it are the primary's alone. */
export const PREPARED_BYTES_MAX = 4 * 1024 * 1024;
const OVERHEAD_BYTES = 200;

/** Says where texts may go. */
export interface TextRoutes {
  /** Grows when the catalog or the configuration changes: routes found before may be wrong. */
  readonly generation: number;
  /** What names mean in the session now: in another scope they may mean something else. */
  readonly scopeKey: string;
  /** Of what nobody has looked at. */
  readonly unknown: StatementRoute;
  /** Null: it has to be found out first. */
  routeOf(buffer: Buffer, start: number, end: number): StatementRoute | null;
  /** The route found last is that of its text as long as generation and scope stay; else it was the best that could be
   *  said at that moment. */
  readonly routeLasts: boolean;
  /** A Parse of that name that is on its way. */
  beingMade(name: string): PendingParse | null;
  /** A text that is kept because another connection may have to be told it; null when it cannot be kept as it is. */
  textOf(buffer: Buffer, start: number, end: number): string | null;
}

/** True for a route whose effect needs the statement's own text. */
export function needsText(route: StatementRoute): boolean {
  const { classes } = route;
  if (classes === null) return false;
  for (const one of classes) if (one.kind === 'set' || one.kind === 'prepare') return true;
  return false;
}

/**
 * The route as it is now.
 * @returns null when it has to be found out first
 */
export function routeNow(prepared: Prepared, texts: TextRoutes): StatementRoute | null {
  const { message, bySql } = prepared;
  const { generation, scopeKey } = texts;
  if (prepared.generation === generation && prepared.scope === scopeKey) return prepared.route;
  const start = bySql ? 5 : message.indexOf(0, 5) + 1;
  const route = texts.routeOf(message, start, message.indexOf(0, start));
  if (route === null) return null;
  prepared.route = bySql ? (route.execution ?? texts.unknown) : route;
  prepared.generation = generation;
  prepared.scope = scopeKey;
  return prepared.route;
}

export class PreparedStatements {
  private readonly known = new Map<string, Prepared>();
  private version = 0;
  bytes = 0;
  /** Grows with each change. */
  generation = 0;
  /** The primary's connection has, or may have, statements that are not known here. */
  lost = false;

  get size(): number {
    return this.known.size;
  }

  get(name: string): Prepared | undefined {
    return this.known.get(name);
  }

  add(prepared: Omit<Prepared, 'version'>): void {
    const { name, message } = prepared;
    this.remove(name);
    this.generation++;
    // What is not known here runs on the primary, which has it.
    if (this.bytes + message.length + OVERHEAD_BYTES > PREPARED_BYTES_MAX) {
      this.lost = true;
      return;
    }
    this.known.set(name, { ...prepared, version: ++this.version });
    this.bytes += message.length + OVERHEAD_BYTES;
  }

  remove(name: string): void {
    const before = this.known.get(name);
    if (before === undefined) return;
    this.generation++;
    this.known.delete(name);
    this.bytes -= before.message.length + OVERHEAD_BYTES;
  }

  all(): IterableIterator<Prepared> {
    return this.known.values();
  }

  /** Which ones there are is not known any more. */
  forget(): void {
    this.clear();
    this.lost = true;
  }

  /** There are none. */
  clear(): void {
    this.lost = false;
    this.known.clear();
    this.generation++;
    this.bytes = 0;
  }
}
