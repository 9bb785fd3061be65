/**
 * What one batch of extended-query messages, up to its Sync, will do: read ahead, message by message, so that the whole
 * of it can go to one node. The same object serves every batch of a session.
 */
import { Frontend } from '@pgherd/wire';
import type { StatementRoute } from '../routing/types.ts';
import type { Exchange, PendingClose, PendingParse, Replaced, Unnamed } from './exchange.ts';
import { needsText, type Prepared, type PreparedStatements, routeNow, type TextRoutes } from './prepared.ts';

interface Portal {
  /** Null = there is none. */
  route: StatementRoute | null;
  text: string | null;
  /** The batch that opened it. */
  batch: number;
}

const UNNAMED_BYTES_KEPT = 4096;
/** More than these in one batch are not remembered. */
const REPLACED_MAX = 100;
const PORTALS_MAX = 1000;
/** Over these, what more comes before the Sync is the primary's, and of its statements nothing is kept. */
const MESSAGES_MAX = 1_000;
const KEPT_BYTES_MAX = 1024 * 1024;
/** A list that was longer does not keep its store. */
const LIST_KEPT = 32;

export class Batch {
  private readonly statements: PreparedStatements;
  private readonly texts: TextRoutes;
  /** The session's unnamed statement. */
  unnamed: Unnamed = noStatement();
  /** Memory for the next one. */
  private next: Unnamed = noStatement();
  /** The one that this batch makes, until the batch is sent: `next`, or `unnamed` where the same is made again. */
  private made: Unnamed | null = null;
  /** The batch makes one unnamed statement, the same as the one that is there. */
  repeatsUnnamed = false;
  /** Routes of the portals that are executed, in order, and their texts where an effect needs them. */
  readonly executed: StatementRoute[] = [];
  readonly executedTexts: (string | null)[] = [];
  readonly parses: PendingParse[] = [];
  /** Statements closed. */
  readonly closes: PendingClose[] = [];
  /** Named statements that are used and not parsed here. */
  readonly uses: Prepared[] = [];
  /** The unnamed statement is bound although nothing in the batch parses it. */
  usesOldUnnamed = false;
  /** Why it cannot leave the primary; null = nothing in it stands against it. */
  stays: string | null = null;
  /** A Sync ends it. */
  complete = false;
  empty = true;
  /** Which of its Parse messages made the unnamed statement last, from 1; 0 = none. */
  unnamedOrdinal = 0;
  /** So many messages, or such large ones, came that no more is kept. */
  private over = false;
  /** Statements were made or closed after that: which ones the session has is not known any more. */
  forgets = false;
  /** Executed again after that, and not in `executed`: to be counted. */
  readonly repeated: StatementRoute[] = [];
  private readonly once = new Set<StatementRoute>();
  private readonly parsesByName = new Map<string, PendingParse>();
  private keptBytes = 0;
  private handed = 0;
  private handedParses = 0;
  private handedCloses = 0;
  private parseCount = 0;
  private closeCount = 0;
  private number = 0;
  /** How many messages of it were read. */
  private messages = 0;
  /** Unnamed statements that this batch replaces: an error in the batch may leave one of them. */
  private replaced: Replaced[] | null = null;
  /** Counts the unnamed statements of the session. */
  private unnamedCount = 0;
  private readonly unnamedPortal: Portal = { route: null, text: null, batch: -1 };
  /** Of this batch, and of those before it in the same transaction. */
  private readonly portals = new Map<string, Portal>();
  /** A portal that may outlive the batch in a transaction. */
  namedPortals = false;
  private lastName = Buffer.alloc(0);
  private lastPrepared: Prepared | null = null;
  private lastGeneration = -1;

  constructor(statements: PreparedStatements, texts: TextRoutes) {
    this.statements = statements;
    this.texts = texts;
  }

  reset(): void {
    if (this.empty) return;
    this.number++;
    drain(this.executed);
    drain(this.executedTexts);
    drain(this.uses);
    if (this.parses.length > 0) this.parses.length = 0;
    if (this.parsesByName.size > 0) this.parsesByName.clear();
    if (this.closes.length > 0) this.closes.length = 0;
    if (this.over) {
      this.over = false;
      this.repeated.length = 0;
      this.once.clear();
    }
    this.keptBytes = 0;
    this.forgets = false;
    this.usesOldUnnamed = false;
    this.stays = null;
    this.complete = false;
    this.empty = true;
    this.unnamedOrdinal = 0;
    this.replaced = null;
    this.messages = 0;
    this.made = null;
    this.repeatsUnnamed = false;
    this.handed = 0;
    this.handedParses = 0;
    this.handedCloses = 0;
    this.parseCount = 0;
    this.closeCount = 0;
    this.namedPortals = false;
  }

  /** No transaction is open: portals of earlier batches are gone. */
  forgetPortals(): void {
    this.unnamedPortal.route = null;
    if (this.portals.size > 0) this.portals.clear();
  }

  /** The Parse message that made the unnamed statement. */
  get unnamedParse(): Buffer {
    return this.unnamed.message.subarray(0, this.unnamed.length);
  }

  /** A Parse of the unnamed statement is in it. */
  get parsesUnnamed(): boolean {
    return this.unnamedOrdinal > 0;
  }

  /** A simple query ends the unnamed statement. */
  forgetUnnamed(): void {
    this.unnamed.length = 0;
    this.unnamed.route = null;
    this.unnamed.lasts = false;
  }

  /** What was read is on its way: the unnamed statement is now the one that it makes. */
  sent(): void {
    const { made } = this;
    if (made === null) return;
    this.made = null;
    this.unnamedCount++;
    if (made === this.unnamed) return;
    this.next = this.unnamed;
    this.unnamed = made;
  }

  /** An error kept the batch from making its unnamed statement. @param made how many of its Parse messages were done */
  unnamedNotMade({ unnamedReplaced, unnamedCount }: Exchange, made: number): void {
    if (unnamedCount !== this.unnamedCount) return; // a later batch has made another
    const left = unnamedReplaced?.findLast(({ ordinal }) => ordinal <= made);
    if (left === undefined) this.forgetUnnamed();
    else {
      this.unnamed = left.statement;
      this.unnamed.lasts = false; // it was not the last one that was seen
    }
  }

  /** Adds to the exchange what was read since the last call. */
  handOver(exchange: Exchange): void {
    for (; this.handed < this.executed.length; this.handed++) {
      exchange.add(this.executed[this.handed] as StatementRoute, this.executedTexts[this.handed] ?? null);
    }
    for (; this.handedParses < this.parses.length; this.handedParses++) {
      exchange.addParse(this.parses[this.handedParses] as PendingParse);
    }
    for (; this.handedCloses < this.closes.length; this.handedCloses++) {
      exchange.closes.push(this.closes[this.handedCloses] as PendingClose);
    }
    exchange.unnamedParse = this.unnamedOrdinal;
    exchange.unnamedReplaced = this.replaced;
    exchange.unnamedCount = this.unnamedCount;
  }

  /** A Parse too large to be read: nobody knows what the statement of that name is. */
  unreadParse(): void {
    this.parseCount++;
    this.forgetUnnamed();
  }

  /**
   * Reads the message at `pos`, which is whole.
   * @returns false when the route of a text has to be found out first
   */
  read(buffer: Buffer, pos: number, size: number): boolean {
    this.empty = false;
    const end = pos + size;
    if (!this.readOne(buffer, pos, end)) return false;
    if (++this.messages > MESSAGES_MAX || this.keptBytes > KEPT_BYTES_MAX) {
      this.over = true;
      this.stays = 'a batch of so many messages';
    }
    return true;
  }

  private forgetNames(): void {
    this.forgets = true;
    this.statements.forget();
    this.parses.length = 0;
    this.handedParses = 0;
    this.parsesByName.clear();
    this.closes.length = 0;
    this.handedCloses = 0;
  }

  private readOne(buffer: Buffer, pos: number, end: number): boolean {
    switch (buffer[pos]) {
      case Frontend.PARSE:
        return this.parse(buffer, pos, end);
      case Frontend.BIND:
        return this.bind(buffer, pos + 5, end);
      case Frontend.DESCRIBE:
        if (buffer[pos + 5] === 0x53) return this.describe(buffer, pos + 6, end);
        this.portal(buffer, pos + 6, end);
        return true;
      case Frontend.EXECUTE:
        this.execute(buffer, pos + 5, end);
        return true;
      case Frontend.CLOSE:
        this.closeCount++;
        if (buffer[pos + 5] === 0x53) this.closeStatement(cString(buffer, pos + 6, end));
        else this.portal(buffer, pos + 6, end);
        return true;
      case Frontend.SYNC:
        this.complete = true;
        return true;
      case Frontend.FLUSH:
        this.stays = 'the client waits for a part of the answer';
        return true;
      default:
        this.stays = 'a message of another kind';
        return true;
    }
  }

  private parse(buffer: Buffer, pos: number, end: number): boolean {
    if (this.isUnnamedAgain(buffer, pos, end)) {
      this.replaceUnnamed();
      this.newUnnamed(this.unnamed, ++this.parseCount);
      this.repeatsUnnamed = this.parseCount === 1;
      return true;
    }
    this.repeatsUnnamed = false;
    const nameEnd = nulAt(buffer, pos + 5, end);
    if (nameEnd < 0) {
      this.stays = 'a malformed message';
      return true;
    }
    const textEnd = buffer.indexOf(0, nameEnd + 1);
    if (textEnd < 0 || textEnd >= end) {
      this.stays = 'a malformed message';
      return true;
    }
    const route = this.texts.routeOf(buffer, nameEnd + 1, textEnd);
    if (route === null) return false;
    const ordinal = ++this.parseCount;
    const { generation, scopeKey: scope } = this.texts;
    if (nameEnd > pos + 5) {
      this.stays = 'a named statement is made'; // the primary has them all
      if (this.over) {
        this.forgetNames();
        return true;
      }
      const name = buffer.toString('utf8', pos + 5, nameEnd);
      this.keptBytes += end - pos;
      const parse: PendingParse = {
        name,
        message: Buffer.from(buffer.subarray(pos, end)),
        route,
        generation,
        scope,
        ordinal,
      };
      this.parses.push(parse);
      this.parsesByName.set(name, parse);
      return true;
    }
    this.replaceUnnamed();
    const { next } = this;
    const size = end - pos;
    if (next.message.length < size || (next.message.length > UNNAMED_BYTES_KEPT && size < UNNAMED_BYTES_KEPT)) {
      next.message = Buffer.allocUnsafeSlow(size < 256 ? 256 : size);
    }
    buffer.copy(next.message, 0, pos, end);
    next.length = size;
    next.route = route;
    next.lasts = this.texts.routeLasts;
    next.generation = generation;
    next.scope = scope;
    this.newUnnamed(next, ordinal);
    return true;
  }

  /** Nearly always a client parses what it parsed before: to compare it costs less than to find its route once more. */
  private isUnnamedAgain(buffer: Buffer, pos: number, end: number): boolean {
    const { unnamed, texts } = this;
    const { length } = unnamed;
    return (
      length === end - pos &&
      this.made === null &&
      unnamed.lasts &&
      unnamed.generation === texts.generation &&
      unnamed.scope === texts.scopeKey &&
      buffer.compare(unnamed.message, 0, length, pos, end) === 0
    );
  }

  /** Another unnamed statement comes. The first message of a batch replaces the one before it for sure. */
  private replaceUnnamed(): void {
    if (this.messages === 0) return;
    const statement = this.made ?? this.unnamed;
    this.replaced ??= [];
    if (this.replaced.length >= REPLACED_MAX) this.replaced.length = 0;
    const message = Buffer.from(statement.message.subarray(0, statement.length));
    this.replaced.push({ ordinal: this.unnamedOrdinal, statement: { ...statement, message } });
  }

  private newUnnamed(statement: Unnamed, ordinal: number): void {
    // The old one would have to be made there first, and then be gone should the batch be repeated elsewhere.
    if (this.usesOldUnnamed) this.stays = 'two unnamed statements';
    this.made = statement;
    this.unnamedOrdinal = ordinal;
  }

  private closeStatement(name: string): void {
    this.stays = 'a statement is closed'; // the primary has them all
    if (name !== '') {
      if (this.over) this.forgetNames();
      else this.closes.push({ name, ordinal: this.closeCount });
      return;
    }
    this.replaceUnnamed();
    this.next.length = 0;
    this.next.route = null;
    this.next.lasts = false;
    this.newUnnamed(this.next, this.unnamedOrdinal);
  }

  private describe(buffer: Buffer, start: number, end: number): boolean {
    const route = this.use(buffer, start, end);
    if (route === null) this.stays ??= 'a statement that is not known here';
    return route !== undefined;
  }

  private bind(buffer: Buffer, pos: number, end: number): boolean {
    const portalEnd = nulAt(buffer, pos, end);
    if (portalEnd < 0) {
      this.stays = 'a malformed message';
      return true;
    }
    const route = this.use(buffer, portalEnd + 1, end);
    if (route === undefined) return false;
    if (route === null) this.stays ??= 'a statement that is not known here';
    const of = route ?? this.texts.unknown;
    const text = needsText(of) ? this.textOf(buffer, portalEnd + 1, end) : null;
    if (portalEnd === pos) {
      const { unnamedPortal } = this;
      unnamedPortal.route = of;
      unnamedPortal.text = text;
      unnamedPortal.batch = this.number;
    } else {
      if (this.portals.size > PORTALS_MAX) this.portals.clear();
      this.portals.set(buffer.toString('utf8', pos, portalEnd), { route: of, text, batch: this.number });
      this.namedPortals = true;
    }
    return true;
  }

  /** Text of the statement that a Bind names, which is known. */
  private textOf(buffer: Buffer, start: number, end: number): string | null {
    const name = cString(buffer, start, end);
    const unnamed = (this.made ?? this.unnamed).message;
    const message = name === '' ? unnamed : (this.parsed(name) ?? this.statements.get(name))?.message;
    if (message === undefined) return null;
    const from = message.indexOf(0, 5) + 1;
    return this.texts.textOf(message, from, message.indexOf(0, from));
  }

  private parsed(name: string): PendingParse | null {
    return this.parsesByName.get(name) ?? this.texts.beingMade(name);
  }

  /**
   * The route of a statement by its name; it must be there where the batch goes. Null = no such statement is known,
   * undefined = its route has to be found out first.
   */
  private use(buffer: Buffer, start: number, end: number): StatementRoute | null | undefined {
    if (buffer[start] === 0) {
      if (this.made !== null) return this.made.route;
      if (!this.parsesUnnamed) this.usesOldUnnamed = true;
      return this.oldUnnamed();
    }
    const nameEnd = nulAt(buffer, start, end);
    if (nameEnd < 0) return null;
    const known = this.lastPrepared;
    if (
      known !== null &&
      this.parses.length === 0 &&
      this.texts.beingMade(known.name) === null &&
      this.lastGeneration === this.statements.generation &&
      same(this.lastName, buffer, start, nameEnd)
    ) {
      return this.useNamed(known);
    }
    const name = buffer.toString('utf8', start, nameEnd);
    const parsed = this.parsed(name);
    if (parsed !== null) {
      this.stays = 'a statement is being made'; // the primary has them all
      return parsed.route;
    }
    const found = this.statements.get(name);
    if (found === undefined) return null;
    this.lastName = Buffer.from(name, 'utf8');
    this.lastPrepared = found;
    this.lastGeneration = this.statements.generation;
    return this.useNamed(found);
  }

  private useNamed(prepared: Prepared): StatementRoute | undefined {
    const route = routeNow(prepared, this.texts);
    if (route === null) return undefined;
    // What stays at the primary needs nothing elsewhere.
    if (this.stays === null && !this.uses.includes(prepared)) this.uses.push(prepared);
    return route;
  }

  private oldUnnamed(): StatementRoute | null | undefined {
    const { unnamed, texts } = this;
    if (unnamed.route === null) return null;
    const { generation, scopeKey } = texts;
    if (unnamed.generation !== generation || unnamed.scope !== scopeKey) {
      const start = unnamed.message.indexOf(0, 5) + 1;
      const route = texts.routeOf(unnamed.message, start, unnamed.message.indexOf(0, start));
      if (route === null) return undefined;
      unnamed.route = route;
      unnamed.lasts &&= texts.routeLasts;
      unnamed.generation = generation;
      unnamed.scope = scopeKey;
    }
    return unnamed.route;
  }

  /** One that an earlier batch opened, or that nobody knows, is the primary's. */
  private portal(buffer: Buffer, start: number, end: number): Portal | null {
    const portal = buffer[start] === 0 ? this.unnamedPortal : this.portals.get(cString(buffer, start, end));
    if (portal?.batch !== this.number || portal.route === null) this.stays = 'a portal that was opened before';
    return portal ?? null;
  }

  private execute(buffer: Buffer, pos: number, end: number): void {
    const portal = this.portal(buffer, pos, end);
    // The rest may be asked for in a later batch, when the transaction is still open.
    if (end >= 4 && buffer.readUInt32BE(end - 4) !== 0) this.stays = 'a part of the rows is asked for';
    let route = portal?.route ?? this.texts.unknown;
    let text = portal?.text ?? null;
    if (this.over) {
      // What leaves nothing behind but rows, or is not known, is noted once; of anything else nobody keeps account.
      if (!repeatable(route)) {
        route = this.texts.unknown;
        text = null;
      }
      if (this.once.has(route)) {
        this.repeated.push(route);
        return;
      }
      this.once.add(route);
    }
    this.executed.push(route);
    this.executedTexts.push(text);
  }
}

/** Empties a list that is filled again at once. Setting its length would free its store. */
function drain(list: unknown[]): void {
  if (list.length > LIST_KEPT) list.length = 0;
  while (list.length > 0) list.pop();
}

/** Once or a hundred times, the session is the same after it. */
function repeatable({ classes, pins }: StatementRoute): boolean {
  if (classes === null || pins.length > 0) return false;
  return classes.every(({ kind, settingsSet }) => REPEATABLE.has(kind) && settingsSet?.length === 0);
}

const REPEATABLE: ReadonlySet<string> = new Set(['select', 'insert', 'update', 'delete', 'merge']);

function noStatement(): Unnamed {
  return { route: null, lasts: false, message: Buffer.alloc(0), length: 0, generation: -1, scope: '' };
}

/** Place of the first zero in `[start, end)`, or -1. Names are short: a call into the system would cost more. */
function nulAt(buffer: Buffer, start: number, end: number): number {
  for (let at = start; at < end; at++) if (buffer[at] === 0) return at;
  return -1;
}

function same(name: Buffer, buffer: Buffer, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let i = 0; i < name.length; i++) if (name[i] !== buffer[start + i]) return false;
  return true;
}

function cString(buffer: Buffer, start: number, end: number): string {
  const stop = buffer.indexOf(0, start);
  return stop < 0 || stop >= end ? '' : buffer.toString('utf8', start, stop);
}
