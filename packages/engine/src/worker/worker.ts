import type tls from 'node:tls';
import { AuthCache, type Credentials, createClientTls, createServerTls } from '@pgherd/auth';
import type { SessionValues, Settings } from '@pgherd/config';
import { admissionLimits } from '../admission/admission.ts';
import { Gate } from '../admission/gate.ts';
import { type RawConnection, refuseUnread } from '../admission/refuse-unread.ts';
import type { Link } from '../backend/link.ts';
import type { OwnCommand } from '../frontend/intercept.ts';
import type { OwnAnswer } from '../frontend/report.ts';
import { Router } from '../frontend/router.ts';
import type { RoutedSession } from '../frontend/router-host.ts';
import {
  type ClientFacts,
  type EndReason,
  Session,
  type SessionObserver,
  type SessionOwner,
} from '../frontend/session.ts';
import { Startup, type StartupHost } from '../frontend/startup.ts';
import {
  type ClusterSnapshot,
  type ConfigSnapshot,
  NO_HERD,
  type ToSupervisor,
  type ToWorker,
  unpackSettings,
  unpackSnapshot,
  type WorkerQuestion,
  type WorkerSlots,
} from '../ipc.ts';
import { ConnectionLog } from '../log/connections.ts';
import { contextOf } from '../log/context.ts';
import { LogForwarder } from '../log/forwarder.ts';
import { type Level, type Log, Logger } from '../log/logger.ts';
import { messageObserver, writeBackendError } from '../log/observer.ts';
import { REPLICATION_KEY } from '../pool/link-key.ts';
import { resetPlan } from '../pool/reset.ts';
import { settingsDigest } from '../settings-digest.ts';
import { Access } from './access.ts';
import { Answers } from './answers.ts';
import { Cancels } from './cancels.ts';
import { Channel } from './channel.ts';
import { type ComparedRows, compareRoutes, routingUnder } from './compare-routes.ts';
import { Doors } from './doors.ts';
import { type Explained, explainForClient, explainInSession } from './explain-route.ts';
import { Hold } from './hold.ts';
import { Links, type SessionKeys } from './links.ts';
import { Routing } from './routing.ts';
import { ServiceLink } from './service-link.ts';
import { ServiceLinks } from './service-links.ts';
import { actOnSessions } from './session-acts.ts';
import { applyOverlay } from './session-overlay.ts';
import { clientSlot, idleLinkFacts } from './slots.ts';
import { Counters } from './stats.ts';
import { Terms } from './terms.ts';
import { tlsFiles } from './tls-files.ts';
import type { WorkerContext } from './worker-context.ts';

const ENDED_DELAY_MS = 20;
/** How long after the supervisor said that slots are tight each ended connection is reported at once. */
const TIGHT_MS = 1_000;
const QUESTION_LIMIT_MS = 10_000;
const TICK_MS = 1_000;
const SUSPICION_PAUSE_MS = 50;
/** A session that said nothing for so long needs no connection at the instant when the primary changes. */
const AT_WORK_MS = 10_000;

export interface WorkerPorts {
  send(message: ToSupervisor): void;
  exit(code: number): void;
}

export class Worker implements SessionOwner {
  private readonly ports: WorkerPorts;
  private readonly log: Logger;
  private readonly counters = new Counters();
  private readonly sessions = new Set<Session>();
  /** Sessions by the PID that their cancel requests name. Two nodes may have the same one. */
  private readonly byPid = new Map<number, Session[]>();
  private readonly startups = new Map<number, Startup>();
  private readonly slotWaiters = new Map<number, () => void>();
  private readonly endedIds: number[] = [];
  private endedScheduled = false;
  private tightUntilMs = 0;
  /** Set in the only worker of an engine. */
  private gate: Gate | null = null;
  private readonly doors = new Doors();
  private readonly questions = new Map<number, (value: unknown) => void>();
  private questionId = 0;
  private sessionId = 0;
  private config: ConfigSnapshot | null = null;
  private access: Access | null = null;
  private authCache: AuthCache | null = null;
  private routing: Routing | null = null;
  private serverTls: tls.TLSSocketOptions | null = null;
  private backendTls: tls.ConnectionOptions | null = null;
  private cluster: ClusterSnapshot = NO_HERD;
  private stopping: 'smart' | 'fast' | null = null;
  private title = '';
  observer: SessionObserver | null = null;
  private readonly connectionLog: ConnectionLog;
  private readonly terms = new Terms();
  private readonly hold = new Hold(
    NO_HERD,
    () => this.countOpen(),
    (epoch, open) => this.ports.send({ t: 'held', epoch, open }),
  );
  private readonly context = this.makeContext();
  private readonly links = new Links(this.context);
  private readonly services = new ServiceLinks(this.context);
  private readonly cancels = new Cancels(this.context, (pid) => this.byPid.get(pid) ?? []);

  constructor(ports: WorkerPorts) {
    this.ports = ports;
    this.log = new Logger('child', { prefix: '%m: %a pid %p: ', minLevel: 'warning', verbosity: 'default' });
    const forwarder = new LogForwarder((entries, dropped) => ports.send({ t: 'logged', entries, dropped }));
    this.log.onEntry = (entry) => forwarder.add(entry);
    this.connectionLog = new ConnectionLog(this.log);
    setInterval(() => this.tick(), TICK_MS).unref();
  }

  private makeContext(): WorkerContext {
    const worker = this;
    return {
      get settings() {
        return worker.settings;
      },
      get cluster() {
        return worker.cluster;
      },
      get backendTls() {
        return worker.backendTls;
      },
      get access() {
        return worker.requireAccess();
      },
      get counters() {
        return worker.counters;
      },
      get log() {
        return worker.log;
      },
      get terms() {
        return worker.terms;
      },
      get hold() {
        return worker.hold;
      },
      get stoppingFast() {
        return worker.stopping === 'fast';
      },
      send: (message) => worker.ports.send(message),
      ask: (message) => worker.ask(message),
    };
  }

  private get settings(): Settings {
    if (this.config === null) throw new Error('no configuration yet');
    return this.config.settings;
  }

  // --- from the supervisor ----------------------------------------------------------------------------------------

  onMessage(message: ToWorker, handle: unknown): void {
    switch (message.t) {
      case 'config':
        this.configure(unpackSnapshot(message.packed));
        return;
      case 'cluster':
        this.setCluster(message.snapshot);
        return;
      case 'conn':
        if (this.gate === null) this.accept(message, handle);
        else if (handle !== undefined && handle !== null) this.arrived(handle as RawConnection, message.unix);
        return;
      case 'listen':
        this.listen(handle, message);
        return;
      case 'admit':
        this.admit(message.id);
        return;
      case 'tight':
        this.tightUntilMs = performance.now() + TIGHT_MS;
        this.reportEnded();
        return;
      case 'refuse':
        this.refuse(message.id);
        return;
      case 'cancel':
        this.cancels.cancelHere(message.pid, Buffer.from(message.secret, 'hex')).then(
          (found) => this.ports.send({ t: 'cancelled', request: message.request, found }),
          (cause: Error) => this.log.write('error', `could not forward a cancel request: ${cause.message}`),
        );
        return;
      case 'guard':
        this.links.guard(message.database);
        this.ports.send({ t: 'guarded', request: message.request });
        return;
      case 'lease':
        this.links.grant(message.more);
        return;
      case 'shed':
        this.links.shed(message.links);
        return;
      case 'catalog':
        this.routing?.forgetNames();
        return;
      case 'replicate':
        this.questions.get(message.request)?.(message.granted);
        this.questions.delete(message.request);
        return;
      case 'cancelled':
        this.questions.get(message.request)?.(message.found);
        this.questions.delete(message.request);
        return;
      case 'guarded':
      case 'report':
        this.questions.get(message.request)?.(message.t === 'report' ? message.report : null);
        this.questions.delete(message.request);
        return;
      case 'cut':
        this.cut(message.reason);
        return;
      case 'cool':
        this.links.cool();
        return;
      case 'logTo':
        try {
          this.log.redirect(message.file, message.mode);
        } catch (error) {
          this.log.write('error', `cannot write the log file: ${(error as Error).message}`);
        }
        return;
      case 'question':
        void this.answerSupervisor(message);
        return;
      case 'stop':
        this.stop(message.mode);
        return;
    }
  }

  private configure(snapshot: ConfigSnapshot): void {
    this.apply(snapshot).then(
      () => this.ports.send({ t: 'applied', snapshot: snapshot.id, error: null }),
      (cause: Error) => this.ports.send({ t: 'applied', snapshot: snapshot.id, error: cause.message }),
    );
  }

  /** Builds everything first and swaps at the end: a broken part changes nothing. */
  private async apply(snapshot: ConfigSnapshot): Promise<void> {
    const { settings } = snapshot;
    const files = settings.ssl ? tlsFiles(settings, snapshot.configDirectory) : null;
    const server = files === null ? null : await createServerTls(files);
    const client = files === null ? null : await createClientTls(files);
    const cache =
      settings.auth_query === '' || settings.auth_user === ''
        ? null
        : new AuthCache({ fetch: (user) => this.services.authLookup(user), now: () => performance.now() });
    const access = new Access(snapshot, cache, server?.serverEndPointHash ?? null);
    const reset = resetPlan(settings.reset_query_list);
    this.config = snapshot;
    this.serverTls = server?.socketOptions ?? null;
    this.backendTls = client?.connectOptions ?? null;
    this.access = access;
    this.authCache = cache;
    this.services.retireAuth();
    this.log.settings = {
      prefix: settings.log_line_prefix,
      minLevel: settings.log_min_messages as Level,
      verbosity: settings.log_error_verbosity as 'terse' | 'default' | 'verbose',
    };
    this.observer = messageObserver(settings, this.log, {
      nodeOfPid: (pid) => this.nodeOfPid(pid),
    });
    this.links.configure(reset);
    if (this.gate !== null) this.gate.limits = admissionLimits(settings);
    if (this.routing === null) this.routing = new Routing(settings, this.cluster, this.routingPorts());
    else this.routing.apply(settings);
    for (const session of this.sessions) {
      const { router, overlay } = session;
      if (router !== null) {
        router.eager = showsNodes(settings);
        router.state.rules = this.routing.rules;
      }
      if (overlay !== null) this.setValues(session, overlay.values);
    }
  }

  private setCluster(snapshot: ClusterSnapshot): void {
    const before = this.cluster;
    this.cluster = snapshot;
    const ended = this.terms.advance(before, snapshot);
    const newEpoch = before.epoch !== snapshot.epoch;
    // First of all nothing goes to a server any more that has another part now; sessions hear of it a moment later.
    this.links.fence(ended, fenceReason(before, snapshot));
    if (newEpoch) {
      this.services.cut('the epoch is over');
      this.ports.send({ t: 'fenced', epoch: snapshot.epoch });
      this.authCache?.clear();
    }
    this.routing?.setCluster(snapshot);
    for (const { router } of [...this.sessions]) router?.herdChanged();
    const held = this.hold.held;
    this.hold.set(snapshot);
    if (this.hold.held) this.holdStill(snapshot);
    else if (held) for (const session of [...this.sessions]) session.letGo();
  }

  // --- while transactions are held --------------------------------------------------------------------------------

  get held(): boolean {
    return this.hold.held;
  }

  drained(): void {
    this.hold.mayHaveDrained();
  }

  private countOpen(): number {
    let open = 0;
    for (const session of this.sessions) if (session.home.key !== REPLICATION_KEY && session.openAtHome) open++;
    return open;
  }

  private holdStill({ hold }: ClusterSnapshot): void {
    for (const session of this.sessions) session.holdStill();
    if (this.holdTimer !== null) clearTimeout(this.holdTimer);
    const leftMs = Math.max(0, (hold?.untilMs ?? 0) - Date.now());
    this.holdTimer = setTimeout(() => this.failHeld(), leftMs);
    this.holdTimer.unref();
  }

  private holdTimer: NodeJS.Timeout | null = null;

  /** Longer than the snapshot says nobody waits. Sessions that are routed look at the time themselves. */
  private failHeld(): void {
    const { hold } = this.cluster;
    if (hold?.kind !== 'transactions') return;
    for (const session of [...this.sessions]) session.failHeld(hold.reason);
    this.holdTimer = setTimeout(() => this.failHeld(), TICK_MS);
    this.holdTimer.unref();
  }

  /** Whoever still has something open at the primary has had its time. The statement is not cancelled: one that waits for a
   *  synchronous standby would report success. */
  private cut(reason: string): void {
    for (const session of [...this.sessions]) {
      if (session.openAtHome && session.home.key !== REPLICATION_KEY) session.endWith('epoch', '57P01', reason);
    }
    this.hold.mayHaveDrained();
  }

  // --- connections ------------------------------------------------------------------------------------------------

  private accept(message: Extract<ToWorker, { t: 'conn' }>, handle: unknown): void {
    if (handle === undefined || handle === null) {
      this.slotFree(message.id); // the client was gone before the handle arrived
      return;
    }
    const channel = Channel.accept(handle, message.unix);
    const startup = new Startup(channel, message, this.host);
    this.startups.set(message.id, startup);
    this.counters.clients++;
    this.connectionLog.received(message.id, startup.clientAddress, this.settings);
  }

  /** The only worker accepts and admits by itself. */
  private listen(handle: unknown, { unix, backlog }: Extract<ToWorker, { t: 'listen' }>): void {
    this.gate ??= new Gate(admissionLimits(this.settings), {
      admit: (id) => this.admit(id),
      refuse: (id) => this.refuse(id),
      tight() {},
    });
    const error = this.doors.open(handle, backlog, (connection) => this.arrived(connection as RawConnection, unix));
    this.ports.send({ t: 'listening', error });
  }

  private arrived(connection: RawConnection, unix: boolean): void {
    const place = (this.gate as Gate).arrive();
    if (place === null) refuseUnread(connection);
    else this.accept({ t: 'conn', ...place, unix }, connection);
  }

  private admit(id: number): void {
    const startup = this.startups.get(id);
    const waiter = this.slotWaiters.get(id);
    this.slotWaiters.delete(id);
    if (startup === undefined || waiter === undefined) {
      this.slotFree(id); // it left while the grant was on its way
      return;
    }
    startup.admitted = true;
    waiter();
  }

  private refuse(id: number): void {
    this.slotWaiters.delete(id);
    this.startups.get(id)?.refuse({ sqlstate: '53300', message: 'Sorry, too many clients already' });
  }

  private readonly host: StartupHost = this.makeHost();

  private makeHost(): StartupHost {
    const worker = this;
    return {
      clientTls: () => worker.serverTls,
      slot: (startup) => worker.slot(startup),
      cancel: (pid, secret, address) => worker.cancels.cancel(pid, secret, address),
      method: (peer, message) => worker.requireAccess().method(peer, message),
      methodFor: (peer, message, request) => worker.requireAccess().methodFor(peer, message, request),
      acquire: (wish) => worker.links.acquire(wish),
      giveBack: (link) => worker.links.retire(link, true),
      established: (startup, client, link, rest, credentials) =>
        worker.established(startup, client, link, rest, credentials),
      ended: (startup) => worker.startupEnded(startup),
      log: (level, text, extra) => worker.log.write(level, text, { ...extra, client: true }),
      get authenticationTimeoutMs() {
        return worker.settings.authentication_timeout * 1000;
      },
      nextSessionId: () => ++worker.sessionId,
    };
  }

  private requireAccess(): Access {
    if (this.access === null) throw new Error('no configuration yet');
    return this.access;
  }

  private slot(startup: Startup): Promise<void> {
    if (startup.admitted) return Promise.resolve();
    return new Promise((resolve) => {
      this.slotWaiters.set(startup.connectionId, resolve);
      if (this.gate === null) this.ports.send({ t: 'want', id: startup.connectionId });
      else this.gate.want(startup.connectionId);
    });
  }

  private slotFree(id: number): void {
    if (this.gate !== null) {
      this.gate.ended([id]);
      return;
    }
    this.endedIds.push(id);
    if (this.endedScheduled) return;
    this.endedScheduled = true;
    // Short sessions end by the thousand: one message for several, and the next client hardly waits for its slot.
    // With reserved_connections nobody waits, so a late report would refuse somebody for whom there is room.
    const tight = performance.now() < this.tightUntilMs || (this.config?.settings.reserved_connections ?? 0) > 0;
    if (tight) setImmediate(this.reportEnded);
    else setTimeout(this.reportEnded, ENDED_DELAY_MS);
  }

  private readonly reportEnded = (): void => {
    this.endedScheduled = false;
    if (this.endedIds.length > 0) this.ports.send({ t: 'ended', ids: this.endedIds.splice(0) });
  };

  private startupEnded(startup: Startup): void {
    this.startups.delete(startup.connectionId);
    const waiter = this.slotWaiters.get(startup.connectionId);
    this.slotWaiters.delete(startup.connectionId);
    this.slotFree(startup.connectionId);
    waiter?.();
    this.connectionLog.ended(startup.connectionId, startup.who, null);
    this.stopIfEmpty();
  }

  private established(
    startup: Startup,
    client: ClientFacts,
    link: Link,
    rest: Buffer | null,
    credentials: Credentials | null,
  ): void {
    const session = new Session(client, startup.channel, link, this);
    if (link.key !== REPLICATION_KEY && this.routing?.readsStatements === true) {
      session.router = new Router(this.routing, session, client);
      session.router.eager = showsNodes(this.settings);
      this.keysOf.set(session.router, { credentials, startup: link.startup, connectionId: startup.connectionId });
    } else credentials?.wipe();
    link.countsCommands = session.router === null;
    this.startups.delete(startup.connectionId);
    this.connections.set(session, startup.connectionId);
    this.sessions.add(session);
    const namesakes = this.byPid.get(session.keyPid);
    if (namesakes === undefined) this.byPid.set(session.keyPid, [session]);
    else namesakes.push(session);
    startup.channel.resume();
    if (rest !== null) session.onBytes(rest, rest.length);
    if (this.stopping === 'fast') this.endForShutdown(session);
  }

  private readonly connections = new Map<Session, number>();
  /** What opens further connections for a session that reads elsewhere: zeroed at its end. */
  private readonly keysOf = new Map<RoutedSession, SessionKeys>();

  sessionEnded(session: Session, reason: EndReason, reusable: boolean): void {
    const { client, router } = session;
    const link = session.home;
    if (router !== null) {
      this.keysOf.get(router)?.credentials?.wipe();
      this.keysOf.delete(router);
    }
    this.sessions.delete(session);
    const { keyPid } = session;
    const namesakes = this.byPid.get(keyPid)?.filter((other) => other !== session) ?? [];
    if (namesakes.length === 0) this.byPid.delete(keyPid);
    else this.byPid.set(keyPid, namesakes);
    const id = this.connections.get(session);
    this.connections.delete(session);
    if (reason === 'backend-gone') {
      this.logOf(session).write('log', `backend node ${link.nodeId} closed the connection (backend pid ${link.pid})`, {
        context: contextOf(session),
      });
      this.suspect(link.nodeId, 'a session lost its connection');
    }
    session.observer?.sessionEnded(session, reusable ? this.links.resetTexts(link) : []);
    if (id !== undefined) this.connectionLog.ended(id, client, contextOf(session));
    if (!session.homeless) this.links.retire(link, reusable);
    if (this.hold.held) this.drained();
    if (id !== undefined) this.slotFree(id);
    // Few may replicate at a time, and nobody waits for a place: it is reported free at once.
    if (link.key === REPLICATION_KEY && id !== undefined) {
      if (this.gate === null) this.reportEnded();
      else this.ports.send({ t: 'ended', ids: [id] });
    }
    this.stopIfEmpty();
  }

  /** A session goes on without its connection to the primary. */
  homeLost(_session: Session, link: Link): void {
    this.links.retire(link, false);
    if (link.cutBecause !== null) return;
    this.suspect(link.nodeId, 'an idle session lost its connection');
  }

  /** Thousands may lose the same server at once: one word says it, and another one a moment later if there were more. */
  private suspect(node: number, reason: string): void {
    if (this.suspected.has(node)) {
      this.suspected.set(node, reason);
      return;
    }
    this.suspected.set(node, null);
    this.ports.send({ t: 'suspect', node, reason });
    const timer = setTimeout(() => {
      const more = this.suspected.get(node) ?? null;
      this.suspected.delete(node);
      if (more !== null) this.suspect(node, more);
    }, SUSPICION_PAUSE_MS);
    timer.unref();
  }

  /** Nodes that were named a moment ago, with why they would have been again. */
  private readonly suspected = new Map<number, string | null>();

  backendError(session: Session, body: Buffer): void {
    writeBackendError(this.logOf(session), session.observer, session, body);
  }

  countStatement(nodeId: number): void {
    this.counters.statements[nodeId] = (this.counters.statements[nodeId] as number) + 1;
  }

  // --- read nodes -------------------------------------------------------------------------------------------------

  private routingPorts(): ConstructorParameters<typeof Routing>[2] {
    const worker = this;
    return {
      openReader: (router, nodeId) => {
        const keys = this.keysOf.get(router);
        return keys === undefined ? Promise.resolve(null) : this.links.openReader(router, keys, nodeId);
      },
      closeReader: (link, reusable) => this.links.retire(link, reusable),
      openHome: (router) => {
        const keys = this.keysOf.get(router);
        if (keys !== undefined) return this.links.openHome(router, keys);
        return Promise.reject(new Error('the session is over'));
      },
      get held() {
        return worker.hold.held;
      },
      released: async () => {
        await this.hold.primary();
      },
      readerLost: (link) => {
        this.links.pool(link.nodeId).discard(link);
        this.suspect(link.nodeId, 'a session lost its connection');
      },
      nodeOfPid: (pid) => this.nodeOfPid(pid),
      countRoute: (nodeId, route) => this.counters.countRoute(nodeId, route.countedAs),
      query: (nodeId, sql) => this.services.to(nodeId).query(sql),
      catalogChanged: () => this.ports.send({ t: 'catalog' }),
      warn: (message) => this.log.write('warning', message),
    };
  }

  /** The node of the session whose server process has this PID, or null when no session here has it. */
  private nodeOfPid(pid: number): number | null {
    const home = this.byPid.get(pid)?.[0]?.home;
    if (home?.pid === pid) return home.nodeId;
    for (const session of this.sessions) for (const link of session.links) if (link.pid === pid) return link.nodeId;
    return null;
  }

  // --- questions to the supervisor --------------------------------------------------------------------------------

  private ask<T>(message: (request: number) => ToSupervisor): Promise<T | null> {
    const request = ++this.questionId;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.questions.delete(request);
        resolve(null);
      }, QUESTION_LIMIT_MS);
      this.questions.set(request, (value) => {
        clearTimeout(timer);
        resolve(value as T | null);
      });
      this.ports.send(message(request));
    });
  }

  private readonly answers = this.makeAnswers();

  private makeAnswers(): Answers {
    const worker = this;
    return new Answers({
      get settings() {
        return worker.settings;
      },
      report: (session, name) => {
        worker.sendStats(performance.now()); // who asks sees what was counted until now
        return worker.ask((request) => ({
          t: 'report',
          request,
          name,
          session: readNodeOf(session),
          database: session.client.database,
          user: session.client.user,
        }));
      },
      setValues: (session, values) => worker.setValues(session, values),
      explain: (session, sql) => explainInSession(worker.requireRouting(), session, sql),
    });
  }

  answer(session: Session, what: OwnCommand): Promise<OwnAnswer> {
    return this.answers.answer(session, what);
  }

  columnsOf(_session: Session, what: OwnCommand): readonly string[] {
    return this.answers.columnsOf(what);
  }

  async guard(database: string): Promise<void> {
    this.links.guard(database);
    await this.ask((request) => ({ t: 'guard', request, database }));
  }

  private requireRouting(): Routing {
    if (this.routing === null) throw new Error('no configuration yet');
    return this.routing;
  }

  /** PGPOOL SET and RESET; also when the configuration under them has changed. */
  private setValues(session: Session, values: SessionValues): void {
    applyOverlay(session, this.settings, values, this.log, { nodeOfPid: (pid) => this.nodeOfPid(pid) });
    const { router, overlay } = session;
    if (router === null) return;
    router.eager = showsNodes(overlay?.settings ?? this.settings);
    router.ownRules = overlay === null ? null : this.requireRouting().rulesUnder(overlay.settings);
  }

  private logOf(session: Session): Log {
    return session.overlay?.log ?? this.log;
  }

  // --- questions of the supervisor --------------------------------------------------------------------------------

  private async answerSupervisor({ request, question }: Extract<ToWorker, { t: 'question' }>): Promise<void> {
    let answer: unknown;
    try {
      answer = await this.answerTo(question);
    } catch (error) {
      answer = { error: (error as Error).message };
    }
    this.ports.send({ t: 'answer', request, answer });
  }

  private async answerTo(question: WorkerQuestion): Promise<object> {
    switch (question.about) {
      case 'slots':
        return this.slots(question);
      case 'route':
        return this.explainFor(question);
      case 'routes':
        return this.compareRoutes(question);
      case 'warm':
        return { links: await this.links.warm(question.node, this.sessionsToWarm(), question.limitMs) };
      case 'sessions':
        return actOnSessions(question, this.sessions, this.cancels, this.context);
      case 'configuration':
        return { id: this.config?.id ?? 0, digest: settingsDigest(this.settings) };
      case 'housed':
        return { left: await this.links.untilHoused(question.limitMs) };
    }
  }

  /** Those that will go on with another primary, and at once: they were at work a moment ago. The busiest come first. */
  private sessionsToWarm(): { router: RoutedSession; keys: SessionKeys }[] {
    return [...this.sessions]
      .filter(({ idleForMs, homeless, router }) => !homeless && idleForMs < AT_WORK_MS && router?.tie === null)
      .map(({ idleForMs, router }) => ({ idleForMs, router }))
      .toSorted((a, b) => a.idleForMs - b.idleForMs)
      .flatMap(({ router }) => {
        const keys = router === null ? undefined : this.keysOf.get(router);
        return router === null || keys === undefined ? [] : [{ router, keys }];
      });
  }

  private slots({ viewer, statements }: Extract<WorkerQuestion, { about: 'slots' }>): WorkerSlots {
    const sessions = [...this.sessions].map((session) => {
      const { client_idle_limit } = session.overlay?.settings ?? this.settings;
      return clientSlot(session, client_idle_limit, viewer, statements);
    });
    const connecting = [...this.startups.values()].filter((startup) => startup.admitted).length;
    const idle = this.links.idle().map(idleLinkFacts);
    return { startedAtMs: performance.timeOrigin, clients: this.counters.clients, sessions, connecting, idle };
  }

  /** Names are asked for as sr_check_user, with the search_path that such a client begins with by default. */
  private async explainFor({ draft, ...question }: Extract<WorkerQuestion, { about: 'route' }>): Promise<Explained> {
    const routing =
      draft === null ? this.requireRouting() : routingUnder(unpackSettings(draft), this.cluster, this.routingPorts());
    return this.asking(question, (ask) => explainForClient(routing, question, ask));
  }

  private compareRoutes(question: Extract<WorkerQuestion, { about: 'routes' }>): Promise<readonly ComparedRows[]> {
    const sides = { running: this.settings, draft: unpackSettings(question.draft) };
    return this.asking(question, (ask) =>
      compareRoutes(
        { ...question, statements: [...question.statements] },
        sides,
        this.cluster,
        this.routingPorts(),
        ask,
      ),
    );
  }

  /** With a connection of its own to ask the primary on, as long as `work` lasts. */
  private async asking<T>(
    { user, database }: { readonly user: string; readonly database: string },
    work: (ask: Parameters<typeof explainForClient>[2]) => Promise<T>,
  ): Promise<T> {
    const { primary } = this.cluster;
    if (primary === null || this.settings.sr_check_user === '') return work(null);
    const path = `${pathName(user)},public`;
    const service = new ServiceLink(() => this.services.open(primary, database, path));
    try {
      return await work((sql) => service.query(sql));
    } finally {
      service.close();
    }
  }

  // --- time -------------------------------------------------------------------------------------------------------

  private tick(): void {
    if (this.config === null) return;
    const now = performance.now();
    for (const session of this.sessions) {
      const limit = (session.overlay?.settings ?? this.settings).client_idle_limit * 1000;
      if (limit > 0 && session.idleForMs >= limit) {
        session.endWith('idle-limit', '57P05', 'pgherd: client idle limit reached');
      }
    }
    this.routing?.tick(now);
    this.sendStats(now);
    const title =
      this.sessions.size === 0
        ? 'pgpool: wait for connection request'
        : `pgpool: serving ${this.sessions.size} clients`;
    if (title !== this.title) process.title = this.title = title;
  }

  private sendStats(now: number): void {
    const { total, idle, waiting, ...sums } = this.links.expire(now);
    if (waiting > 0) this.ports.send({ t: 'short', waiting });
    const { gate } = this;
    this.ports.send({
      t: 'stats',
      stats: this.counters.snapshot({
        sessions: this.sessions.size,
        linksTotal: total,
        linksIdle: idle,
        waiting,
        ...sums,
        ...(gate === null ? {} : { slots: { busy: gate.busy, waiting: gate.waiting, refused: gate.refused } }),
        logLinesDropped: this.log.dropped,
      }),
    });
  }

  // --- stop -------------------------------------------------------------------------------------------------------

  private stop(mode: 'smart' | 'fast'): void {
    if (this.stopping === 'fast') return;
    this.stopping = mode;
    this.doors.close();
    if (mode === 'fast') {
      for (const startup of [...this.startups.values()]) {
        startup.refuse({ sqlstate: '57P01', message: 'terminating connection due to administrator command' });
      }
      for (const session of [...this.sessions]) this.endForShutdown(session);
    }
    this.stopIfEmpty();
  }

  private endForShutdown(session: Session): void {
    session.endWith('shutdown', '57P01', 'terminating connection due to administrator command');
  }

  private stopIfEmpty(): void {
    if (this.stopping === null || this.sessions.size > 0 || this.startups.size > 0) return;
    this.links.closeIdle();
    this.routing?.close();
    this.services.close();
    // Terminate messages are on their way in the sockets' buffers; a short moment lets them out.
    void this.log.drained().then(() => setTimeout(() => this.ports.exit(0), 20));
  }
}

/** What completes "terminating connection because …". */
function fenceReason(before: ClusterSnapshot, after: ClusterSnapshot): string {
  if (after.hold !== null) return after.hold.reason;
  if (before.primary === after.primary) return 'the servers of this herd have changed';
  return 'another node has become the primary';
}

/** Statements are shown for each node that they go to. */
function showsNodes(settings: Settings): boolean {
  return settings.log_per_node_statement || settings.notice_per_node_statement;
}

function readNodeOf({ router, home }: Session): number {
  const node = router?.state.readNode ?? home.nodeId;
  return node < 0 ? home.nodeId : node;
}

/** A name in search_path, as the options of a start-up packet carry it. */
function pathName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`.replace(/[\\\s]/g, '\\$&');
}
