/**
 * What was asked and is not answered yet: one entry for each ReadyForQuery that a session's router waits for, oldest
 * first. Entries are used again, so that a query costs no object.
 */
import type { Link } from '../backend/link.ts';
import type { StatementRoute } from '../routing/types.ts';

export interface PendingParse {
  readonly name: string;
  readonly message: Buffer;
  readonly route: StatementRoute;
  readonly generation: number;
  readonly scope: string;
  /** Place among the batch's Parse messages, from 1. */
  readonly ordinal: number;
}

export interface PendingClose {
  readonly name: string;
  /** Place among the batch's Close messages, from 1. */
  readonly ordinal: number;
}

/** What a Parse of the unnamed statement left behind. */
export interface Unnamed {
  route: StatementRoute | null;
  /** The same text has that route again, in this generation and scope (TextRoutes.routeLasts). */
  lasts: boolean;
  message: Buffer;
  length: number;
  generation: number;
  scope: string;
}

/** An unnamed statement that a batch replaces. */
export interface Replaced {
  /** Which of the batch's Parse messages had made it, from 1; 0 = it was there before. */
  readonly ordinal: number;
  readonly statement: Unnamed;
}

const NO_ROUTES: readonly StatementRoute[] = [];

export class Exchange {
  /** Where it was sent. */
  link: Link | null = null;
  /** Nearly always one statement runs: it needs no list. */
  private only: StatementRoute | null = null;
  private onlyText: string | null = null;
  private all: StatementRoute[] | null = null;
  private allTexts: (string | null)[] | null = null;
  readonly parses: PendingParse[] = [];
  readonly closes: PendingClose[] = [];
  /** Which Parse message of the batch made the unnamed statement last, counted from 1; 0 = none. */
  unnamedParse = 0;
  /** The unnamed statements that it replaces, if it did not begin with that. */
  unnamedReplaced: readonly Replaced[] | null = null;
  /** Which of the session's unnamed statements it is. */
  unnamedCount = 0;
  /** The link's counters when its turn came: what an error leaves of `parses` and `closes`. */
  parsesBefore = 0;
  closesBefore = 0;
  failed = false;
  /** Which statements the session has is not known after it. */
  forgets = false;
  /** Nothing in it leaves anything behind in the session. */
  plain = true;

  /** Parse messages on their way, by name: the newest of each. */
  private readonly making: Map<string, PendingParse>;

  constructor(making = new Map<string, PendingParse>()) {
    this.making = making;
  }

  addParse(parse: PendingParse): void {
    this.parses.push(parse);
    this.making.set(parse.name, parse);
  }

  add(route: StatementRoute, text: string | null): void {
    if (!route.plain) this.plain = false;
    if (this.all === null && this.only === null) {
      this.only = route;
      this.onlyText = text;
      return;
    }
    this.all ??= [this.only as StatementRoute];
    this.allTexts ??= [this.onlyText];
    this.all.push(route);
    this.allTexts.push(text);
  }

  /** What runs, in order. */
  get routes(): readonly StatementRoute[] {
    return this.all ?? (this.only === null ? NO_ROUTES : [this.only]);
  }

  get first(): StatementRoute | null {
    return this.all?.[0] ?? this.only;
  }

  /** The text of the route at that place, where an effect needs it and it could be kept. */
  text(place: number): string | null {
    return this.allTexts === null ? this.onlyText : (this.allTexts[place] ?? null);
  }

  /** The server answers both with one ReadyForQuery. */
  merge(other: Exchange): void {
    other.routes.forEach((route, place) => {
      this.add(route, other.text(place));
    });
    for (const parse of other.parses) this.parses.push(parse);
    for (const close of other.closes) this.closes.push(close);
    this.failed ||= other.failed;
    this.forgets ||= other.forgets;
    this.plain &&= other.plain;
  }

  clear(): void {
    this.link = null;
    this.only = null;
    this.onlyText = null;
    this.all = null;
    this.allTexts = null;
    for (const parse of this.parses) if (this.making.get(parse.name) === parse) this.making.delete(parse.name);
    if (this.parses.length > 0) this.parses.length = 0;
    if (this.closes.length > 0) this.closes.length = 0;
    this.unnamedParse = 0;
    this.unnamedReplaced = null;
    this.failed = false;
    this.forgets = false;
    this.plain = true;
  }
}

export class ExchangeQueue {
  private readonly open: Exchange[] = [];
  private readonly spare: Exchange[] = [];
  private readonly making = new Map<string, PendingParse>();

  get size(): number {
    return this.open.length;
  }

  /** The newest Parse message of that name among them. */
  parseOf(name: string): PendingParse | null {
    return this.making.get(name) ?? null;
  }

  /** The newest makes or closes statements that nobody knows. */
  forgetNames(): void {
    this.making.clear();
    for (const exchange of this.open) exchange.parses.length = 0;
    const { newest } = this;
    if (newest !== null) newest.forgets = true;
  }

  get oldest(): Exchange | null {
    return this.open[0] ?? null;
  }

  get newest(): Exchange | null {
    return this.open[this.open.length - 1] ?? null;
  }

  push(link: Link): Exchange {
    const exchange = this.spare.pop() ?? new Exchange(this.making);
    exchange.link = link;
    if (this.open.length === 0) begins(exchange);
    this.open.push(exchange);
    return exchange;
  }

  /** The oldest is over. */
  shift(): Exchange | null {
    const exchange = this.open.length === 1 ? (this.open.pop() as Exchange) : (this.open.shift() ?? null);
    const next = this.open[0];
    if (next !== undefined) begins(next);
    return exchange;
  }

  /** Its contents are no longer needed. */
  giveBack(exchange: Exchange): void {
    exchange.clear();
    if (this.spare.length < 4) this.spare.push(exchange);
  }
}

/** All that the link counted so far belongs to what came before. */
function begins(exchange: Exchange): void {
  exchange.parsesBefore = exchange.link?.parsesDone ?? 0;
  exchange.closesBefore = exchange.link?.closesDone ?? 0;
}
