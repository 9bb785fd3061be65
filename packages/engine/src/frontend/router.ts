/**
 * Sends what one client says to the node where it may run. The primary's link is the session's home; reads may go to a
 * read node's link, which is opened and brought to the session's state when it is first needed. Only one of the links
 * works at a time, so that answers come in the order of the questions: a statement for another node waits until nothing
 * is owed.
 *
 * The way of a statement: its route (known, or found out) -> decide -> its link (ready, or made ready) -> forwarded.
 * What has to be found out or made ready stalls the client (`wish`, `work`); what is known passes straight through.
 */
import { encodeClose, encodeQuery, encodeSync, Frontend } from '@pgherd/wire';
import type { Link } from '../backend/link.ts';
import { scopeOfKey } from '../pool/link-key.ts';
import { decide } from '../routing/decide.ts';
import type { RoutingRules } from '../routing/rules.ts';
import { SessionState } from '../routing/session-state.ts';
import { SessionTies } from '../routing/ties.ts';
import type { StatementRoute } from '../routing/types.ts';
import { intern } from '../worker/intern.ts';
import { Attempt } from './attempt.ts';
import { Batch } from './batch.ts';
import { type Answer, ask, askSql } from './engine-query.ts';
import { type Exchange, ExchangeQueue, type PendingParse } from './exchange.ts';
import { HomeKeeper } from './home-keeper.ts';
import { needsText, type Prepared, PreparedStatements, routeNow, type TextRoutes } from './prepared.ts';
import { Reader, type ReaderOwner } from './reader.ts';
import type { ClientIdentity, RoutedSession, RouterHost, TextScope } from './router-host.ts';
import type { RouterSession } from './router-session.ts';
import { applyEffects, type EffectTargets } from './session-effects.ts';
import { SettingsLog } from './settings-log.ts';

/** Wants the client to wait. */
const WAIT = -1;
const STATUS_IDLE = 0x49;
const STATUS_TRANSACTION = 0x54;
const STATUS_FAILED = 0x45;
/** A write so fresh that no standby will have it: nobody is asked. */
const FRESH_WRITE_MS = 5;
/** Errors that may be the standby's own: the primary gives the true answer. */
const STANDBY_ERRORS = /^(?:25006|0A000|40|42|3F|3D|26|34|55|57P|58|XX)/;
const AVOID_MS = 1_000;
const CANCELED = '57014';
const READ_ONLY = '25006';
const TERMINATE_BACKEND =
  /^\s*select\s+(?:pg_catalog\s*\.\s*)?pg_terminate_backend\s*\(\s*(\d{1,10})\s*(?:,\s*\d+\s*)?\)\s*;?\s*$/i;
const TERMINATE_BYTES_MAX = 200;
/** Makes the primary's transaction fail as the read node's did. */
const FAIL = "DO $$BEGIN RAISE EXCEPTION 'a read of this transaction failed on another node'; END$$";

const CLOSE_UNNAMED = Buffer.concat([encodeClose({ kind: 'statement', name: '' }), encodeSync()]);

let allDoubts = 0;

const NEEDS_HOME: Wish = { text: null, route: null, node: WAIT };

interface Wish {
  /** A text whose route is missing. */
  readonly text: Buffer | null;
  /** A route whose node cannot be told, or is not ready, before nothing is owed. Without one and without a text the
   *  session's home is what is wanted. */
  readonly route: StatementRoute | null;
  readonly node: number;
}

export class Router implements ReaderOwner, TextRoutes, EffectTargets, RoutedSession {
  readonly state: SessionState;
  readonly settings = new SettingsLog();
  readonly statements = new PreparedStatements();
  private readonly ties = new SessionTies();
  readonly identity: ClientIdentity;
  private readonly host: RouterHost;
  private readonly session: RouterSession;
  private readonly readers = new Map<number, Reader>();
  private readonly batch: Batch;
  private readonly keeper: HomeKeeper;
  private readonly exchanges = new ExchangeQueue();
  private wish: Wish | null = null;
  /** Decided while the client waited: for the message that comes next. */
  private preset: { readonly route: StatementRoute; readonly node: number } | null = null;
  /** Routes of texts that nobody keeps, found out for the messages that come next. */
  private readonly found = new Map<string, StatementRoute>();
  routeLasts = false;
  private lastWriteMs = Number.NEGATIVE_INFINITY;
  /** The statement that the EXECUTE at hand runs. */
  private executes: Prepared | null = null;
  catalogTouched = false;
  catalogChanged = false;
  /** What was learned up to this generation of names does not hold here; -1 = it does. */
  private doubted = -1;
  private doubts = 0;
  private textScope: TextScope | null = null;
  private rulesOfOwn: RoutingRules | null = null;
  private rulesChanges = 0;
  private scopeSettings = -1;
  private lastStatus = STATUS_IDLE;
  private writesSeen = 0;
  private lastRoute: StatementRoute | null = null;
  /** A read node that could not be opened; asked again once another one was chosen. */
  private unreachable = WAIT;
  /** Until then reads stay at home: a read node could not be brought to the session's state (a role not replayed yet). */
  private avoidUntilMs = 0;
  /** What is the session's own business goes to its read node at once, as Pgpool-II does it: its statements are shown for
   *  each node (log_per_node_statement, notice_per_node_statement). */
  eager = false;
  /** Messages of an extended-query batch came, and no Sync yet. */
  inBatch = false;
  /** Up to here the batch was read ahead in the buffer that is being fed. */
  readTo = 0;
  /** Up to here it goes on, behind its first message, with what nobody has to look at again. */
  plainTo = 0;
  /** Node on which the unnamed statement is; WAIT = nowhere. */
  private unnamedOn = WAIT;
  /** Counts the home link's transactions, to tell them apart. */
  private transaction = 0;
  /** The read that runs on a read node. */
  private readonly attempt = new Attempt();

  constructor(host: RouterHost, session: RouterSession, identity: ClientIdentity) {
    this.host = host;
    this.session = session;
    this.identity = identity;
    this.state = new SessionState(host.rules, { isolation: identity.isolation });
    this.chooseReadNode();
    this.batch = new Batch(this.statements, this);
    this.keeper = new HomeKeeper(host, session, this);
  }

  private chooseReadNode(): void {
    const { node, preference } = this.host.readNodeFor(this.identity);
    this.state.readNode = node;
    this.state.preference = preference;
  }

  /** What names and bytes of a text mean in this session now. */
  get scope(): TextScope {
    const { settings, home } = this;
    const { standardConformingStrings, clientEncoding } = home;
    const known = this.textScope;
    if (
      known !== null &&
      (this.doubted < 0 || this.namesDoubted) &&
      this.scopeSettings === settings.changes &&
      known.rules.standardConformingStrings === standardConformingStrings &&
      known.rules.encoding === clientEncoding
    ) {
      return known;
    }
    this.scopeSettings = settings.changes;
    if (!this.namesDoubted) this.doubted = -1;
    const own = this.doubted < 0 ? '' : `\0${this.doubts}`;
    this.textScope = {
      key: intern(`${scopeOfKey(home.key)}\0\0${settings.text}${own}`),
      rules: { standardConformingStrings, encoding: clientEncoding },
      routing: this.rulesOfOwn,
    };
    return this.textScope;
  }

  private get namesDoubted(): boolean {
    return this.doubted === this.host.namesGeneration;
  }

  doubtNames(): void {
    this.doubted = this.host.namesGeneration;
    this.doubts = ++allDoubts;
    this.textScope = null;
  }

  get scopeKey(): string {
    return this.scope.key;
  }

  get unknown(): StatementRoute {
    return this.host.unknown;
  }

  get homeLink(): Link {
    return this.session.home;
  }

  get ended(): boolean {
    return this.session.ended;
  }

  private get home(): Link {
    return this.session.home;
  }

  get generation(): number {
    return this.host.generation + this.rulesChanges;
  }

  /** The session's own rules for texts; null = those of all. */
  set ownRules(rules: RoutingRules | null) {
    if (rules === this.rulesOfOwn) return;
    this.rulesOfOwn = rules;
    this.rulesChanges++;
    this.textScope = null;
    this.found.clear();
  }

  get rules(): RoutingRules {
    return this.rulesOfOwn ?? this.host.rules;
  }

  /** The nodes that this session has connections to, besides its home. */
  get readerLinks(): Link[] {
    return [...this.readers.values()].map((reader) => reader.link);
  }

  // --- where a message goes -----------------------------------------------------------------------------------------

  /** For the batch that is read ahead. */
  routeOf(buffer: Buffer, start: number, end: number): StatementRoute | null {
    this.routeLasts = false;
    if (this.found.size > 0) {
      const route = this.found.get(buffer.toString('latin1', start, end));
      if (route !== undefined) return route;
    }
    const route = this.host.routeOf(this, buffer, start, end);
    if (route !== null) {
      this.routeLasts = true;
      return route;
    }
    // In the middle of a batch nothing can be asked.
    if (this.inBatch) return this.host.routeNow(this, buffer, start, end);
    if (!this.asksNames) {
      const now = this.host.routeNow(this, buffer, start, end);
      if (now !== this.host.unknown) return now;
    }
    this.wish = { text: Buffer.from(buffer.subarray(start, end)), route: null, node: WAIT };
    return null;
  }

  /** What names mean here is of use to others, and asking costs the transaction nothing. */
  private get asksNames(): boolean {
    const { state, home } = this;
    if (state.pinned !== null || this.catalogTouched || this.namesDoubted || state.serializable) return false;
    if (this.keeper.barred) return false;
    return home.status === STATUS_IDLE || home.status === STATUS_TRANSACTION;
  }

  beingMade(name: string): PendingParse | null {
    return this.exchanges.size === 0 ? null : this.exchanges.parseOf(name);
  }

  textOf(buffer: Buffer, start: number, end: number): string | null {
    if (this.home.clientEncoding !== 'UTF8')
      for (let i = start; i < end; i++) if (buffer.readUInt8(i) > 0x7f) return null;
    return buffer.toString('utf8', start, end);
  }

  /**
   * A whole Query message at `pos`.
   * @returns the link it goes to, or null when the client has to wait; then `work` follows once nothing is owed
   */
  query(buffer: Buffer, pos: number, size: number): Link | null {
    const end = pos + size;
    this.batch.reset();
    const { preset } = this;
    let node: number;
    let route: StatementRoute;
    if (preset === null) {
      const written = this.routeOf(buffer, pos + 5, end - 1);
      if (written === null) return null;
      const effective = this.effective(written);
      if (effective === null) return null;
      route = effective;
      node = this.choose(route, buffer, pos, size);
    } else {
      ({ route, node } = preset);
      this.preset = null;
    }
    const link = node === WAIT ? null : this.linkFor(node, preset !== null);
    if (link === null) {
      this.wish ??= { text: null, route, node };
      return null;
    }
    if (this.found.size > 0) this.found.clear();
    const exchange = this.exchanges.push(link);
    exchange.add(route, needsText(route) ? this.textOf(buffer, pos + 5, end - 1) : null);
    this.batch.forgetUnnamed();
    this.begin(link, route, buffer, pos, end);
    return link;
  }

  private begin(link: Link, route: StatementRoute, buffer: Buffer, start: number, end: number): void {
    this.lastRoute = route;
    this.host.countRoute(link.nodeId, route);
    this.state.sent(route, link.nodeId);
    if (link === this.home) return;
    this.serve(this.readers.get(link.nodeId) as Reader, buffer, start, end, route.destination === 'either');
  }

  /** EXECUTE goes where its statement may; null when that has to be found out first. */
  private effective(route: StatementRoute): StatementRoute | null {
    this.executes = null;
    if (route.destination !== 'prepared') return route;
    const one = route.classes?.[0];
    // What computes its parameters may be anything.
    if (one?.detail.kind !== 'execute' || one.functions.length > 0 || one.operators.length > 0) return route;
    const prepared = this.statements.get(one.detail.name);
    if (prepared === undefined) return route;
    const now = routeNow(prepared, this);
    if (now !== null) this.executes = prepared;
    return now;
  }

  /** The node for a statement now; WAIT when that cannot be told before nothing is owed. */
  private choose(route: StatementRoute, buffer: Buffer, pos: number, size: number): number {
    const { home, session, host } = this;
    if (route.destination !== 'either' || isPrepare(route)) {
      if (this.eager && route.destination === 'both' && this.reader === null && this.readsElsewhere) return WAIT;
      if (route.terminates && size < TERMINATE_BYTES_MAX) {
        const node = this.terminated(buffer, pos, size);
        if (node !== null && node !== home.nodeId) return this.quiet ? node : WAIT;
      }
      // It goes to the primary, whatever comes before it there.
      return session.homeFree && (session.link === home || this.quiet) ? home.nodeId : WAIT;
    }
    if (!this.quiet) return WAIT;
    // A message of the primary's is still arriving: nothing may come between its parts.
    if (home.restOfMessage > 0) return home.nodeId;
    const decision = decide(route, this.state, host.herd, host.rules, host.draw);
    if (decision.node !== null && !this.isHome(decision.node)) {
      return this.avoidUntilMs > 0 && performance.now() < this.avoidUntilMs ? home.nodeId : decision.node;
    }
    return decision.rung === 'read_after_write' && this.worthAsking() ? WAIT : home.nodeId;
  }

  /** The connection to the session's read node, if it is open. */
  private get reader(): Reader | null {
    return this.readers.get(this.state.readNode) ?? null;
  }

  private get readsElsewhere(): boolean {
    const { readNode, pinned } = this.state;
    return readNode >= 0 && readNode !== this.home.nodeId && pinned === null && this.unreachable !== readNode;
  }

  /** The Parse that was routed last is of the unnamed statement that the session has, and the only one of its batch. */
  get repeatsUnnamed(): boolean {
    return this.inBatch && this.batch.repeatsUnnamed;
  }

  /** The connections that the statement at hand goes to. */
  targets(link: Link): readonly Link[] {
    const { reader } = this;
    if (!this.eager || reader === null || link !== this.home || this.lastRoute?.destination !== 'both') return [link];
    return reader.nodeId < link.nodeId ? [reader.link, link] : [link, reader.link];
  }

  private terminated(buffer: Buffer, pos: number, size: number): number | null {
    const found = TERMINATE_BACKEND.exec(buffer.toString('latin1', pos + 5, pos + size - 1));
    return found === null ? null : this.host.nodeOfPid(Number(found[1]));
  }

  /** Only the session's own last write stands between a read and its read node: may somebody know better by now? */
  private worthAsking(): boolean {
    return this.host.rules.readAfterWrite === 'wait' || performance.now() - this.lastWriteMs >= FRESH_WRITE_MS;
  }

  private get quiet(): boolean {
    return this.session.homeFree && !this.home.replies.running && !this.session.link.replies.running;
  }

  /** The link to a node if it is ready for the session's next statement. */
  private linkFor(node: number, prepared: boolean): Link | null {
    const { home } = this;
    if (node === home.nodeId) {
      return this.keeper.barred || (this.lacksUnnamed && !prepared) ? null : home;
    }
    const reader = this.readers.get(node);
    if (reader !== undefined && this.inStep(reader) && this.hasStatements(reader)) return reader.link;
    return prepared && !this.keeper.barred ? home : null; // it was made ready, and lost again
  }

  /** It has the session's settings, and stands in a transaction if and only if the session does. */
  private inStep(reader: Reader): boolean {
    const { settings } = this;
    if (!reader.idle || reader.gone || reader.link.status !== this.home.status || !settings.known) return false;
    if (reader.prepared.size > this.statements.size + LEFT_MAX && reader.link.status === STATUS_IDLE) return false;
    return reader.applied >= settings.newest && (reader.link.status === STATUS_IDLE || this.inTransaction(reader));
  }

  /** It stands in the session's transaction, and has set nothing there that the session has undone. */
  private inTransaction({ link, transaction, undone }: Reader): boolean {
    return link.status === STATUS_TRANSACTION && transaction === this.transaction && undone === this.settings.undone;
  }

  private hasStatements(reader: Reader): boolean {
    return this.missing(reader).length === 0 && !(this.batch.usesOldUnnamed && this.unnamedOn !== reader.nodeId);
  }

  private missing(reader: Reader): readonly Prepared[] {
    const { batch } = this;
    if (batch.empty) {
      const used = this.executes;
      return used === null || reader.prepared.get(used.name) === used.version ? NONE : [used];
    }
    for (const used of batch.uses) {
      if (reader.prepared.get(used.name) !== used.version) {
        return batch.uses.filter((one) => reader.prepared.get(one.name) !== one.version);
      }
    }
    return NONE;
  }

  // --- extended-query batches ---------------------------------------------------------------------------------------

  /**
   * The first message of a batch is at `pos`: what has come of the batch is read ahead.
   * @returns as `query`
   */
  startBatch(buffer: Buffer, pos: number, length: number): Link | null {
    const { batch, home } = this;
    batch.reset();
    if (this.lastStatus === STATUS_IDLE && this.exchanges.size === 0) batch.forgetPortals();
    let at = pos;
    let plain = true;
    let plainTo = pos;
    while (!batch.complete && length - at >= 5) {
      const size = buffer.readUInt32BE(at + 1) + 1;
      if (size < 5 || size > length - at) break;
      if (at > pos) {
        if (this.session.isOwn(buffer, at, size)) break;
        plain = plain && isPlain(buffer, at);
      }
      if (!batch.read(buffer, at, size)) return null;
      at += size;
      if (plain) plainTo = at;
    }
    const staying = this.staying;
    let node: number;
    let route: StatementRoute | null = batch.executed[0] ?? null;
    // What was decided while the client waited was for these statements: what came meanwhile may have made others of them.
    const { preset } = this;
    this.preset = null;
    const decided =
      preset !== null &&
      (preset.node === home.nodeId || (staying === null && preset.route === (route ?? this.host.nothing)));
    if (decided) {
      node = preset.node;
    } else if (staying === null && route !== null) {
      node = this.chooseBatch(buffer);
    } else node = this.session.homeFree && (this.session.link === home || this.quiet) ? home.nodeId : WAIT;
    route ??= this.host.nothing;
    const link = node === WAIT ? null : this.linkFor(node, decided);
    if (link === null) {
      this.wish ??= { text: null, route, node };
      return null;
    }
    if (this.found.size > 0) this.found.clear();
    this.inBatch = true;
    this.readTo = at;
    this.plainTo = plainTo;
    this.exchanges.push(link);
    this.recordBatch(link);
    this.lastRoute = batch.executed[0] ?? null;
    for (const executed of batch.executed) {
      this.host.countRoute(link.nodeId, executed);
      this.state.sent(executed, link.nodeId);
    }
    if (link !== home) this.serve(this.readers.get(link.nodeId) as Reader, buffer, pos, at, true);
    return link;
  }

  /** Why the batch cannot leave the primary, or null. */
  private get staying(): string | null {
    const { batch } = this;
    if (!batch.complete) return 'the batch is not complete';
    if (batch.stays !== null) return batch.stays;
    if (batch.namedPortals && this.home.status !== STATUS_IDLE) return 'a portal may outlive the batch';
    return null;
  }

  private chooseBatch(buffer: Buffer): number {
    let node = WAIT;
    for (const route of this.batch.executed) {
      const one = this.choose(route, buffer, 0, TERMINATE_BYTES_MAX);
      if (one === WAIT || one === this.home.nodeId) return one;
      if (node === WAIT) node = one;
    }
    return node;
  }

  /** Another message of a batch that was not complete when it began. */
  continueBatch(buffer: Buffer, pos: number, size: number): void {
    const { batch } = this;
    const executed = batch.executed.length;
    batch.read(buffer, pos, size);
    for (let i = executed; i < batch.executed.length; i++) {
      const route = batch.executed[i] as StatementRoute;
      this.host.countRoute(this.session.link.nodeId, route);
      this.state.sent(route, this.session.link.nodeId);
    }
    this.readTo = pos + size;
    this.recordBatch(this.session.link);
  }

  /** A batch begins with a message too large to be read ahead. @returns false when the client has to wait */
  startOpaqueBatch(): boolean {
    this.batch.reset();
    if (!this.opaque()) return false;
    this.batch.unreadParse();
    this.inBatch = true;
    return true;
  }

  /** A message too large to be read ahead is part of the batch. */
  opaqueBatch(): void {
    this.batch.unreadParse();
    this.exchanges.newest?.add(this.host.unknown, null);
    this.state.sent(this.host.unknown, this.session.link.nodeId);
  }

  private recordBatch(link: Link): void {
    const exchange = this.exchanges.newest;
    const { batch } = this;
    if (exchange === null) return;
    batch.sent();
    if (batch.forgets) this.exchanges.forgetNames();
    batch.handOver(exchange);
    if (batch.repeated.length > 0) {
      for (const route of batch.repeated.splice(0)) this.host.countRoute(link.nodeId, route);
    }
    if (batch.parsesUnnamed) this.unnamedOn = link.nodeId;
  }

  /** The Sync of the batch goes out. */
  endBatch(): void {
    this.inBatch = false;
  }

  /** A Query too large to be read. @returns false when the client has to wait */
  opaque(): boolean {
    if (!this.goHome(this.host.unknown)) return false;
    this.batch.forgetUnnamed();
    return true;
  }

  /** A FunctionCall message: the function may write, and is nothing else to the session. */
  call(): boolean {
    return this.goHome(this.host.functionCall);
  }

  private goHome(route: StatementRoute): boolean {
    if (this.keeper.barred) {
      this.wish = NEEDS_HOME;
      return false;
    }
    if (!this.session.homeFree || (this.session.link !== this.home && !this.quiet)) return false;
    this.exchanges.push(this.home).add(route, null);
    this.state.sent(route, this.home.nodeId);
    return true;
  }

  // --- while the client waits ---------------------------------------------------------------------------------------

  /** Nothing is owed: finds out and makes ready what the waiting message needs. */
  async work(): Promise<void> {
    const { wish, home } = this;
    this.wish = null;
    if (wish === null) {
      this.session.resumeRouted();
      return;
    }
    try {
      if (wish.text !== null) {
        if (!(await this.find(wish.text))) return;
      } else if (wish.route === null) {
        if (!(await this.readyHome())) return;
      } else if (!(await this.settle(wish.route, wish.node))) return;
    } catch (error) {
      this.host.trouble(error as Error);
      this.preset = wish.route === null ? null : { route: wish.route, node: home.nodeId };
    }
    if (!this.session.ended) this.session.resumeRouted();
  }

  /** @returns false when the statement failed because of the question */
  private async find(text: Buffer): Promise<boolean> {
    const { home } = this;
    const mayAsk = this.asksNames;
    const { route, error } = await this.host.findRoute(this, text, mayAsk ? (sql) => this.askHome(sql) : null);
    if (this.session.ended) return false;
    if (error !== null && home.status === STATUS_FAILED && this.lastStatus === STATUS_TRANSACTION) {
      this.statusChanged();
      if (this.session.failWaiting(error)) return false;
    }
    this.found.set(text.toString('latin1'), route);
    return true;
  }

  /** The engine's own question made the transaction fail. */
  private statusChanged(): void {
    const { home } = this;
    this.state.finished([], false, this.lastStatus, home.status);
    this.lastStatus = home.status;
  }

  private askHome(sql: string): Promise<Answer> {
    if (this.unnamedOn === this.home.nodeId) this.unnamedOn = WAIT; // a simple query ends the unnamed statement
    return askSql(this.home, sql);
  }

  /** @returns false when the client has its answer, or is gone */
  private async settle(route: StatementRoute, wanted: number): Promise<boolean> {
    const wantedNode = wanted === WAIT ? await this.decideWaiting(route) : wanted;
    if (this.session.ended) return false;
    if (!this.isHome(wantedNode) && (await this.makeReady(wantedNode))) {
      this.preset = { route, node: wantedNode };
      return true;
    }
    if (!(await this.readyHome())) return false;
    if (this.eager && route.destination === 'both' && this.readsElsewhere) await this.makeReady(this.state.readNode);
    while (this.lacksUnnamed && !this.session.ended) {
      const { error } = await this.unnamedHome();
      if (this.session.ended) return false;
      if (error === null) break;
      // What its Bind would have met; if it is the connection that was lost, the next one has it yet to be made.
      if (this.home.closed) {
        if (!(await this.readyHome())) return false;
      } else if (this.session.failWaiting(error)) return false;
      else break;
    }
    this.preset = { route, node: this.home.nodeId };
    return true;
  }

  /** Makes the unnamed statement on the primary. */
  private async unnamedHome(): Promise<Answer> {
    const parse = Buffer.concat([this.batch.unnamedParse, encodeSync()]);
    const answer = await new Promise<Answer>((resolve) => ask(this.home, parse, 1, resolve));
    if (this.session.ended) return answer;
    if (answer.error === null) this.unnamedOn = this.home.nodeId;
    if (this.home.status !== this.lastStatus) this.statusChanged();
    return answer;
  }

  private get lacksUnnamed(): boolean {
    const { batch } = this;
    return batch.usesOldUnnamed && batch.unnamed.length > 0 && this.unnamedOn !== this.home.nodeId;
  }

  private async decideWaiting(route: StatementRoute): Promise<number> {
    const { home, batch, host } = this;
    if (route.destination !== 'either' || isPrepare(route) || (!batch.empty && this.staying !== null)) {
      return home.nodeId;
    }
    // One number for all that is decided here: another could give another node than the one that was asked.
    let drawn: number | null = null;
    const draw = (): number => (drawn ??= host.draw());
    let decision = decide(route, this.state, host.herd, host.rules, draw);
    if (decision.rung === 'read_after_write' && decision.insteadOf !== null && this.worthAsking()) {
      await this.askPositions(decision.insteadOf);
      if (this.session.ended) return home.nodeId;
      decision = decide(route, this.state, host.herd, host.rules, draw);
    }
    const node = decision.node ?? home.nodeId;
    for (const other of batch.executed) {
      if (other === route) continue;
      // What is prepared is made on the primary, though it may run elsewhere.
      const { node: otherNode } = decide(other, this.state, host.herd, host.rules, draw);
      if (isPrepare(other) || otherNode === null || this.isHome(otherNode)) return home.nodeId;
    }
    return node;
  }

  /** Where the session's writes are, and whether the read node has them. */
  private async askPositions(node: number): Promise<void> {
    const { host, state } = this;
    if (state.token === 'unknown') {
      const { writes } = state;
      const position = await host.askPosition();
      if (position === null || this.session.ended) return;
      state.setToken(position, writes);
    }
    const { token } = state;
    if (typeof token === 'bigint') await host.askReplayed(node, token);
  }

  // --- the home -------------------------------------------------------------------------------------------------------

  private isHome(node: number): boolean {
    return node === this.home.nodeId || node === this.host.herd.primary;
  }

  /** Waits until the statement at hand may go to the home link. @returns false when the client has its answer, or is gone */
  readyHome(): Promise<boolean> {
    return this.keeper.ready();
  }

  /** The statement that waits for the home link is given up. @returns false when there is none */
  cancelWaiting(): boolean {
    return this.keeper.cancel();
  }

  /** The session has another home. */
  homeChanged(link: Link): void {
    const sameNode = this.readers.get(link.nodeId);
    if (sameNode !== undefined) this.drop(sameNode);
    if (this.host.herd.byId[this.state.readNode]?.up !== true) this.chooseReadNode();
    this.textScope = null;
  }

  /** Why the session cannot be built again on another connection, as the end of a sentence about it; null = it can. */
  get tie(): string | null {
    const { ties, state, settings, statements } = this;
    if (ties.reason !== null) return ties.reason;
    if (state.pinned !== null) return `is tied to its server: ${state.pinned}`;
    if (!settings.known || settings.hasTentative) return 'has settings that are not known';
    return statements.lost ? 'has prepared statements that are not kept' : null;
  }

  /** The home link is closed, and the session goes on without it for now. */
  homeLost(): void {
    if (this.unnamedOn === this.home.nodeId) this.unnamedOn = WAIT;
    // A position in the log of one primary says nothing about that of another.
    if (this.state.token !== null) this.state.token = 'unknown';
  }

  /** Opens the link to a read node if need be, and brings it to the session's state. */
  private async makeReady(node: number): Promise<boolean> {
    let reader = this.readers.get(node);
    if (reader === undefined) {
      const link = await this.host.openReader(this, node);
      if (link === null) {
        this.unreachable = node;
        if (!this.session.ended) this.chooseReadNode();
        return false;
      }
      if (this.session.ended) {
        this.host.closeReader(link, true);
        return false;
      }
      if (link.closed) {
        this.host.readerLost(link); // while nobody listened
        return false;
      }
      reader = new Reader(link, this);
      this.readers.set(node, reader);
    }
    if (!reader.idle && (await within(READY_LIMIT_MS, reader.whenIdle())) === null) {
      this.drop(reader);
      return false;
    }
    if (reader.gone || this.session.ended || !this.settings.known) return false;
    const { messages, settings } = this.catchUp(reader, this.missing(reader), this.lacksUnnamedOn(reader));
    if (messages.length > 0) {
      const asked = new Promise<Answer>((resolve) => reader.ask(Buffer.concat(messages), messages.length, resolve));
      const answer = await within(READY_LIMIT_MS, asked);
      if (this.session.ended || reader.gone) return false;
      if (answer === null) {
        this.drop(reader);
        this.avoidUntilMs = performance.now() + AVOID_MS;
        return false;
      }
      const { error, failedAt } = answer;
      if (error !== null && (failedAt ?? 0) < settings) {
        this.host.trouble(new Error(`node ${node} could not be brought to the session's state: ${error.message}`));
        this.drop(reader);
        this.avoidUntilMs = performance.now() + AVOID_MS;
        return false;
      }
      this.caughtUp(reader, error === null);
      if (error !== null) return false; // the primary tells whether the statement is wrong
    }
    return this.inStep(reader);
  }

  private lacksUnnamedOn(reader: Reader): boolean {
    const { batch } = this;
    return batch.usesOldUnnamed && this.unnamedOn !== reader.nodeId && batch.unnamed.length > 0;
  }

  /**
   * Messages that bring a read node's link to the session's state; each is answered with one ReadyForQuery.
   * @returns `settings`: how many of them come before those that make statements
   */
  private catchUp(
    reader: Reader,
    statements: readonly Prepared[],
    unnamed: boolean,
  ): { messages: Buffer[]; settings: number } {
    const { settings, home } = this;
    const messages: Buffer[] = [];
    const say = (sql: string): void => {
      messages.push(encodeQuery(sql));
    };
    const inTransaction = home.status === STATUS_TRANSACTION;
    let open = reader.inTransaction;
    if (open && !(inTransaction && this.inTransaction(reader))) {
      say('ROLLBACK');
      reader.applied = reader.appliedOutside;
      open = false;
    }
    if (!open) for (const sql of settings.since(reader.applied)) say(sql);
    if (inTransaction) {
      if (!open) say(this.state.beginStatement);
      for (const sql of settings.sinceInTransaction(open ? reader.applied : 0)) say(sql);
    }
    const count = messages.length;
    for (const used of statements) {
      if (reader.prepared.has(used.name)) {
        messages.push(Buffer.concat([encodeClose({ kind: 'statement', name: used.name }), encodeSync()]));
      }
      messages.push(used.bySql ? used.message : Buffer.concat([used.message, encodeSync()]));
    }
    const left = this.closedElsewhere(reader, statements);
    if (left !== null) messages.push(left);
    if (unnamed) messages.push(Buffer.concat([this.batch.unnamedParse, encodeSync()]));
    return { messages, settings: count };
  }

  /**
   * Closes statements on a read node that the session has closed since; a Close cannot fail.
   * @param wanted those that are made there now
   */
  private closedElsewhere(reader: Reader, wanted: readonly Prepared[]): Buffer | null {
    if (reader.prepared.size <= this.statements.size) return null;
    const closes: Buffer[] = [];
    for (const name of reader.prepared.keys()) {
      if (this.statements.get(name) !== undefined || wanted.some((one) => one.name === name)) continue;
      closes.push(encodeClose({ kind: 'statement', name }));
      reader.prepared.delete(name);
      if (closes.length >= CLOSES_MAX) break;
    }
    return closes.length === 0 ? null : Buffer.concat([...closes, encodeSync()]);
  }

  /** @param statements those that were missing are there */
  private caughtUp(reader: Reader, statements: boolean): void {
    const { settings, home, batch } = this;
    for (const used of this.missing(reader))
      reader.prepared.set(used.name, statements ? used.version : UNKNOWN_VERSION);
    if (batch.usesOldUnnamed && statements) this.unnamedOn = reader.nodeId;
    else if (this.unnamedOn === reader.nodeId && !statements) this.unnamedOn = WAIT;
    if (home.status === STATUS_IDLE || !this.inTransaction(reader)) reader.appliedOutside = settings.newestKept;
    reader.transaction = this.transaction;
    reader.undone = settings.undone;
    reader.applied = settings.newest;
  }

  // --- the primary's answers ----------------------------------------------------------------------------------------

  homeError(): void {
    const { oldest } = this.exchanges;
    if (oldest !== null) oldest.failed = true;
  }

  /** ReadyForQuery from the home link. */
  homeReady(): void {
    const { exchanges, home } = this;
    const exchange = exchanges.shift();
    if (exchange === null) {
      this.statusChanged(); // something ended of which nobody was told
      return;
    }
    // A COPY takes a Sync for data: what came before it and what came after it are answered together.
    while (exchanges.size > home.replies.size) {
      const next = exchanges.shift() as Exchange;
      exchange.merge(next);
      exchanges.giveBack(next);
    }
    this.finish(exchange, !exchange.failed);
  }

  private finish(exchange: Exchange, ok: boolean): void {
    const { home, state } = this;
    // What the exchange before it left: the state when it was sent may have been an older one.
    const before = this.lastStatus;
    const after = home.status;
    if (ok && before === STATUS_IDLE && after === STATUS_IDLE && leavesNothing(exchange) && !this.catalogTouched) {
      this.exchanges.giveBack(exchange);
      return;
    }
    this.lastStatus = after;
    state.rules = this.host.rules;
    const { routes } = exchange;
    for (let i = 0; i < routes.length; i++) this.ties.made(routes[i] as StatementRoute, ok);
    if (ok && before === STATUS_IDLE && after === STATUS_IDLE && routes.length === 1) {
      this.ties.undone(routes[0] as StatementRoute);
    }
    if (before === STATUS_IDLE && after !== STATUS_IDLE) this.transaction++;
    state.finished(routes, ok, before, after);
    if (state.writes !== this.writesSeen) {
      this.writesSeen = state.writes;
      this.lastWriteMs = performance.now();
    }
    if (exchange.first !== null || exchange.parses.length > 0 || exchange.closes.length > 0 || !ok) {
      this.applyPrepared(exchange, ok);
      applyEffects(this, this.host, exchange, ok, before, after);
    }
    const ended = before !== STATUS_IDLE && after === STATUS_IDLE;
    if (ended || state.chained) this.endReaders();
    else if (this.eager && exchange.first?.destination === 'both') this.followAtOnce();
    this.exchanges.giveBack(exchange);
  }

  /** Which Parse and Close messages were done, if an error came, the server's answers tell. */
  private applyPrepared(exchange: Exchange, ok: boolean): void {
    const { statements } = this;
    const link = exchange.link ?? this.home;
    const closed = ok ? Number.POSITIVE_INFINITY : link.closesDone - exchange.closesBefore;
    for (const { name, ordinal } of exchange.closes) if (ordinal <= closed) statements.remove(name);
    const made = ok ? Number.POSITIVE_INFINITY : link.parsesDone - exchange.parsesBefore;
    for (const { ordinal, ...parse } of exchange.parses) {
      if (ordinal <= made) statements.add({ ...parse, bySql: false });
    }
    if (exchange.forgets) statements.forget();
    // The server has an older unnamed statement than was thought.
    if (exchange.unnamedParse > made) this.batch.unnamedNotMade(exchange, made);
  }

  /** Settings that no other connection can be told. */
  settingsUnknown(why: string): void {
    this.state.pin(why);
  }

  /** The read node gets what the primary just got; nobody waits for that. */
  private followAtOnce(): void {
    const { reader } = this;
    if (reader === null || !reader.idle || this.home.status === STATUS_FAILED || !this.settings.known) return;
    const { messages } = this.catchUp(reader, NONE, false);
    if (messages.length === 0) return;
    const { settings } = this;
    if (this.home.status === STATUS_IDLE || !this.inTransaction(reader)) reader.appliedOutside = settings.newestKept;
    reader.transaction = this.transaction;
    reader.undone = settings.undone;
    reader.applied = settings.newest;
    reader.ask(Buffer.concat(messages), messages.length, ({ error }) => {
      if (error !== null) this.drop(reader);
    });
  }

  /** The session's transaction is over: those of its read nodes end too, and nobody waits for that. */
  private endReaders(): void {
    for (const reader of this.readers.values()) {
      if (!reader.inTransaction || !reader.idle) continue;
      // It wrote nothing. What it set comes again if it was committed.
      reader.ask(encodeQuery('ROLLBACK'), 1, () => {});
      reader.applied = reader.appliedOutside;
    }
  }

  // --- a read node's answers ----------------------------------------------------------------------------------------

  /** @param isRead it may run again on the primary: what was meant for one node's own processes may not */
  private serve(reader: Reader, buffer: Buffer, start: number, end: number, isRead: boolean): void {
    reader.serving = true;
    this.host.herd.strategy.started(reader.nodeId);
    this.attempt.begin(buffer, start, end, isRead && this.host.rules.retryOnPrimary, this.batch.usesOldUnnamed);
  }

  get readerServing(): boolean {
    return this.session.link !== this.home && this.session.link.replies.running;
  }

  fromReader(reader: Reader, buffer: Buffer, start: number, end: number): boolean {
    const { attempt } = this;
    if (attempt.givenUp) return true;
    if (!attempt.open) return this.session.toClient(buffer, start, end);
    const failed = attempt.sqlState;
    if (failed === null && reader.link.replies.size > 0 && !attempt.hasRows(buffer, start, end)) {
      // Only what stands in front of rows has come: it may still turn out that the primary has to answer.
      if (attempt.hold(buffer, start, end)) return true;
      start = end;
    } else if (failed !== null && this.mayRepeat(failed)) {
      attempt.giveUp(buffer, start, end);
      return true;
    }
    const held = attempt.release();
    const taken = held === null || this.session.toClient(held, 0, held.length);
    return (start === end || this.session.toClient(buffer, start, end)) && taken;
  }

  private mayRepeat(sqlState: string): boolean {
    if (sqlState === CANCELED) return false;
    return this.home.status === STATUS_TRANSACTION || STANDBY_ERRORS.test(sqlState);
  }

  readerError(sqlState: string): void {
    this.attempt.sqlState ??= sqlState;
  }

  readerIdle(reader: Reader): void {
    const ms = this.attempt.sqlState === null ? reader.link.latencyMs : null;
    this.host.herd.strategy.finished(reader.nodeId, ms);
    if (this.attempt.givenUp) {
      this.again();
      return;
    }
    const ok = this.attempt.sqlState === null;
    const { home } = this;
    // The read node's transaction failed in the sight of the client: the primary's must fail too.
    if (!ok && home.status === STATUS_TRANSACTION && reader.link.status === STATUS_FAILED) {
      if (this.unnamedOn === home.nodeId) this.unnamedOn = WAIT;
      ask(home, encodeQuery(FAIL), 1, () => this.readerDone(false));
    } else if (!ok && (this.exchanges.oldest?.unnamedParse ?? 0) > 0) {
      // Its unnamed statement was to replace the one that the primary still has.
      this.unnamedOn = WAIT;
      if (home.closed) this.readerDone(false);
      else ask(home, CLOSE_UNNAMED, 1, () => this.readerDone(false));
    } else this.readerDone(ok);
  }

  private readerDone(ok: boolean): void {
    this.attempt.shrink();
    if (this.session.ended) return;
    const exchange = this.exchanges.shift();
    if (exchange !== null) this.finish(exchange, ok);
    this.session.readerFinished();
  }

  /** Does the exchange once more, on the primary. */
  private again(): void {
    const { attempt } = this;
    attempt.over();
    const exchange = this.exchanges.shift();
    let route = exchange?.first ?? this.host.unknown;
    if (attempt.sqlState === READ_ONLY && exchange !== null) {
      const refused = exchange.routes[attempt.refusedAt];
      if (refused !== undefined) {
        const writes = this.host.misrouted(refused);
        if (attempt.refusedAt === 0) route = writes;
        if (this.executes?.route === refused) this.executes.route = writes;
      }
    }
    if (exchange !== null) {
      for (const one of exchange.routes) this.state.unsent(one);
      this.exchanges.giveBack(exchange);
    }
    this.inBatch = false;
    const repeat = (): void => {
      if (this.session.ended) return;
      this.wish = null;
      this.preset = this.keeper.barred ? null : { route, node: this.home.nodeId };
      if (this.keeper.barred) this.avoidUntilMs = performance.now() + AVOID_MS; // the same node would fail again
      this.session.repeat(attempt.question);
    };
    if (attempt.usesUnnamed && this.unnamedOn !== this.home.nodeId && !this.keeper.barred)
      void this.unnamedHome().then(repeat);
    else repeat();
  }

  readerGone(reader: Reader): void {
    this.session.backendDrained(); // it takes no more, and nobody has to wait for that
    this.forget(reader);
    if (!reader.serving) return;
    reader.serving = false;
    this.host.herd.strategy.finished(reader.nodeId, null);
    if (this.session.ended) return;
    if (this.attempt.open || this.attempt.givenUp) {
      this.again();
      return;
    }
    this.session.readerLost(reader);
  }

  private forget(reader: Reader): void {
    this.readers.delete(reader.nodeId);
    if (this.unnamedOn === reader.nodeId) this.unnamedOn = WAIT;
    if (this.session.ended) return;
    this.host.readerLost(reader.link);
    if (this.state.readNode === reader.nodeId) this.chooseReadNode();
  }

  private drop(reader: Reader): void {
    this.readers.delete(reader.nodeId);
    if (this.unnamedOn === reader.nodeId) this.unnamedOn = WAIT;
    reader.link.user = null;
    this.host.closeReader(reader.link, false);
  }

  readerFull(): void {
    this.session.backendFull();
  }

  readerDrained(): void {
    this.session.backendDrained();
  }

  /** The client has taken what it got: whoever waited for that goes on. */
  resumeReaders(): void {
    for (const { link } of this.readers.values()) link.channel.resume();
  }

  /** Nodes went down: what waits there for an answer waits no more. */
  herdChanged(): void {
    for (const reader of [...this.readers.values()]) {
      if (this.host.herd.byId[reader.nodeId]?.up === true) continue;
      if (reader.link.replies.running) reader.link.breakOff(new Error(`node ${reader.nodeId} is down`));
      else this.drop(reader);
    }
  }

  /** The session is over. */
  close(reusable: boolean): void {
    for (const reader of this.readers.values()) {
      reader.link.user = null;
      reader.link.channel.resume();
      this.host.closeReader(reader.link, reusable && reader.link.clean);
    }
    this.readers.clear();
  }
}

/** How long the engine's own statements on a read node may take before the read goes to the primary. */
const READY_LIMIT_MS = 3_000;
/** A statement of that name may be there, and is not the one that is wanted. */
const UNKNOWN_VERSION = 0;
/** Reads alone: neither the session nor what is known of it has changed. */
function leavesNothing({ plain, parses, closes }: Exchange): boolean {
  return plain && parses.length === 0 && closes.length === 0;
}

const NONE: readonly Prepared[] = [];
/** How many statements that are closed at home are closed on a read node at a time, and how many may wait for that. */
const CLOSES_MAX = 100;
const LEFT_MAX = 200;

/** Nothing in it is asked for again: Describe, Execute, Close, a Bind of the unnamed statement to the unnamed portal. */
function isPlain(buffer: Buffer, pos: number): boolean {
  const type = buffer[pos];
  if (type === Frontend.BIND) return buffer[pos + 5] === 0 && buffer[pos + 6] === 0;
  return type === Frontend.DESCRIBE || type === Frontend.EXECUTE || type === Frontend.CLOSE;
}

/** SQL's PREPARE runs on the primary, which has all statements; others get it when it is used there. */
const isPrepare = (route: StatementRoute): boolean => route.classes?.[0]?.kind === 'prepare';

/** What the promise gives, or null when it takes longer. */
function within<T>(limitMs: number, promise: Promise<T>): Promise<T | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), limitMs);
    void promise.then((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}
