/**
 * A worker: client sessions, their links and pools, in one process. It decides nothing about the herd; it gets immutable
 * snapshots from the supervisor and sends facts up, coalesced.
 */
import { timingSafeEqual } from 'node:crypto';
import type tls from 'node:tls';
import { AuthCache, type Credentials, createClientTls, createCredentials, createServerTls } from '@pgherd/auth';
import { healthCheckOf, type Settings, showError, showLayout, showRows } from '@pgherd/config';
import { encodeErrorResponse, encodeStartup } from '@pgherd/wire';
import type { Link } from '../backend/link.ts';
import { BackendUnavailableError, openLink } from '../backend/open-link.ts';
import { sendCancel } from '../backend/send-cancel.ts';
import type { Interception } from '../frontend/intercept.ts';
import { encodeReport } from '../frontend/report.ts';
import {
  type ClientFacts,
  type EndReason,
  Session,
  type SessionObserver,
  type SessionOwner,
} from '../frontend/session.ts';
import { type LinkWish, Startup, type StartupHost } from '../frontend/startup.ts';
import {
  type ClusterSnapshot,
  type ConfigSnapshot,
  type HerdReport,
  type ToSupervisor,
  type ToWorker,
  unpackSnapshot,
} from '../ipc.ts';
import { ConnectionLog } from '../log/connections.ts';
import { contextOf } from '../log/context.ts';
import { type Level, Logger } from '../log/logger.ts';
import { messageObserver, writeBackendError } from '../log/observer.ts';
import { linkKey, REPLICATION_KEY, startupParams } from '../pool/link-key.ts';
import { Pool } from '../pool/pool.ts';
import { type ResetPlan, resetPlan } from '../pool/reset.ts';
import { decide } from '../routing/decide.ts';
import { Access } from './access.ts';
import { AuthLink } from './auth-link.ts';
import { Channel } from './channel.ts';
import { intern } from './intern.ts';
import { Counters } from './stats.ts';
import { tlsFiles } from './tls-files.ts';

const ENDED_DELAY_MS = 20;
/** How long after the supervisor said that slots are tight each ended connection is reported at once. */
const TIGHT_MS = 1_000;
const RESET_LIMIT_MS = 10_000;
const QUESTION_LIMIT_MS = 10_000;
const TICK_MS = 1_000;
const CONNECT_LIMIT_DEFAULT_MS = 10_000;
/** Wrong cancel keys from one address before it has to wait for a new minute. */
const WRONG_CANCELS_PER_MINUTE = 20;

const NO_CLUSTER: ClusterSnapshot = { epoch: 0, primary: null, nodes: [] };

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
  private readonly pools = new Map<number, Pool>();
  private lease = 0;
  /** What other workers still lack: given up as soon as it is not needed here. */
  private shedWanted = 0;
  private readonly endedIds: number[] = [];
  private endedScheduled = false;
  private tightUntilMs = 0;
  private readonly questions = new Map<number, (value: unknown) => void>();
  private questionId = 0;
  private sessionId = 0;
  private config: ConfigSnapshot | null = null;
  private access: Access | null = null;
  private authCache: AuthCache | null = null;
  private authLink: AuthLink | null = null;
  private serverTls: tls.TLSSocketOptions | null = null;
  private backendTls: tls.ConnectionOptions | null = null;
  private reset: ResetPlan = resetPlan(['ABORT', 'DISCARD ALL']);
  private cluster: ClusterSnapshot = NO_CLUSTER;
  private stopping: 'smart' | 'fast' | null = null;
  private readonly wrongCancels = new Map<string, number>();
  private wrongCancelsMinute = 0;
  private title = '';
  observer: SessionObserver | null = null;
  private readonly connectionLog: ConnectionLog;

  constructor(ports: WorkerPorts) {
    this.ports = ports;
    this.log = new Logger('child', { prefix: '%m: %a pid %p: ', minLevel: 'warning', verbosity: 'default' });
    this.connectionLog = new ConnectionLog(this.log);
    setInterval(() => this.tick(), TICK_MS).unref();
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
        this.accept(message, handle);
        return;
      case 'admit': {
        const startup = this.startups.get(message.id);
        const waiter = this.slotWaiters.get(message.id);
        this.slotWaiters.delete(message.id);
        if (startup === undefined || waiter === undefined) {
          this.slotFree(message.id); // it left while the grant was on its way
          return;
        }
        startup.admitted = true;
        waiter();
        return;
      }
      case 'tight':
        this.tightUntilMs = performance.now() + TIGHT_MS;
        this.reportEnded();
        return;
      case 'refuse':
        this.slotWaiters.delete(message.id);
        this.startups.get(message.id)?.refuse({ sqlstate: '53300', message: 'Sorry, too many clients already' });
        return;
      case 'cancel':
        this.cancelHere(message.pid, Buffer.from(message.secret, 'hex')).then(
          (found) => this.ports.send({ t: 'cancelled', request: message.request, found }),
          (cause: Error) => this.log.write('error', `could not forward a cancel request: ${cause.message}`),
        );
        return;
      case 'guard':
        for (const pool of this.pools.values()) pool.guardDatabase(message.database);
        this.ports.send({ t: 'guarded', request: message.request });
        return;
      case 'lease':
        this.lease += message.more;
        for (const pool of this.pools.values()) {
          pool.lease = this.lease;
          pool.serveWaiters();
        }
        return;
      case 'shed':
        this.shed(message.links);
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
      case 'stop':
        this.stop(message.mode);
        return;
    }
  }

  /** Gives up leases that are not in use, so that another worker can open connections. */
  private shed(links: number): void {
    let needed = 0;
    for (const pool of this.pools.values()) needed = Math.max(needed, pool.total - pool.idleCount + pool.waiting);
    const given = Math.max(0, Math.min(links, this.lease - needed));
    this.shedWanted = links - given;
    if (given === 0) return;
    this.lease -= given;
    for (const pool of this.pools.values()) pool.shrink(this.lease);
    this.ports.send({ t: 'gave', links: given });
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
        : new AuthCache({ fetch: (user) => this.authLookup(user), now: () => performance.now() });
    const access = new Access(snapshot, cache, server?.serverEndPointHash ?? null);
    const reset = resetPlan(settings.reset_query_list);
    this.config = snapshot;
    this.serverTls = server?.socketOptions ?? null;
    this.backendTls = client?.connectOptions ?? null;
    this.access = access;
    this.authCache = cache;
    this.authLink?.retire();
    this.authLink = null;
    this.reset = reset;
    this.log.settings = {
      prefix: settings.log_line_prefix,
      minLevel: settings.log_min_messages as Level,
      verbosity: settings.log_error_verbosity as 'terse' | 'default' | 'verbose',
    };
    this.observer = messageObserver(settings, this.log, {
      nodeOfPid: (pid) => this.byPid.get(pid)?.[0]?.link.nodeId ?? null,
    });
    for (const pool of this.pools.values()) pool.settings = this.poolSettings();
  }

  private poolSettings(): Pool['settings'] {
    const { settings } = this;
    return {
      keepIdle: settings.connection_cache && settings.max_pool > 0,
      lifeTimeMs: settings.connection_life_time * 1000,
      sessionsMax: settings.child_max_connections,
    };
  }

  private setCluster(snapshot: ClusterSnapshot): void {
    const before = this.cluster;
    this.cluster = snapshot;
    if (before.epoch !== snapshot.epoch) {
      for (const pool of this.pools.values()) pool.closeIdle((link) => link.epoch !== snapshot.epoch);
      this.authCache?.clear();
      this.authLink?.close();
      this.authLink = null;
      // A session on the server that was the primary must not write there any more.
      for (const session of [...this.sessions]) {
        if (session.link.epoch !== snapshot.epoch) {
          session.endWith('epoch', '57P01', 'terminating connection because another node has become the primary');
        }
      }
    }
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

  private readonly host: StartupHost = this.makeHost();

  private makeHost(): StartupHost {
    const worker = this;
    return {
      clientTls: () => worker.serverTls,
      slot: (startup) => worker.slot(startup),
      cancel: (pid, secret, address) => worker.cancel(pid, secret, address),
      method: (peer, message) => worker.requireAccess().method(peer, message),
      methodFor: (peer, message, request) => worker.requireAccess().methodFor(peer, message, request),
      acquire: (wish) => worker.acquire(wish),
      giveBack: (link) => worker.retire(link, true),
      established: (startup, client, link, rest) => worker.established(startup, client, link, rest),
      ended: (startup) => worker.startupEnded(startup),
      log: (level, text, extra) => worker.log.write(level, text, extra ?? {}),
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
      this.ports.send({ t: 'want', id: startup.connectionId });
    });
  }

  private slotFree(id: number): void {
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

  private established(startup: Startup, client: ClientFacts, link: Link, rest: Buffer | null): void {
    const session = new Session(client, startup.channel, link, this);
    this.startups.delete(startup.connectionId);
    this.connections.set(session, startup.connectionId);
    this.sessions.add(session);
    const namesakes = this.byPid.get(link.pid);
    if (namesakes === undefined) this.byPid.set(link.pid, [session]);
    else namesakes.push(session);
    startup.channel.resume();
    if (rest !== null) session.onBytes(rest, rest.length);
    if (this.stopping === 'fast') this.endForShutdown(session);
  }

  private readonly connections = new Map<Session, number>();

  sessionEnded(session: Session, reason: EndReason, reusable: boolean): void {
    const { client, link } = session;
    this.sessions.delete(session);
    const namesakes = this.byPid.get(link.pid)?.filter((other) => other !== session) ?? [];
    if (namesakes.length === 0) this.byPid.delete(link.pid);
    else this.byPid.set(link.pid, namesakes);
    const id = this.connections.get(session);
    this.connections.delete(session);
    if (reason === 'backend-gone') {
      this.log.write('log', `backend node ${link.nodeId} closed the connection (backend pid ${link.pid})`, {
        context: contextOf(session),
      });
      this.ports.send({ t: 'suspect', node: link.nodeId, reason: 'a session lost its connection' });
    }
    this.observer?.sessionEnded(session, reusable ? this.resetTexts(link) : []);
    if (id !== undefined) this.connectionLog.ended(id, client, contextOf(session));
    this.retire(link, reusable);
    if (id !== undefined) this.slotFree(id);
    // Few may replicate at a time, and nobody waits for a place: it is reported free at once.
    if (link.key === REPLICATION_KEY) this.reportEnded();
    this.stopIfEmpty();
  }

  // --- links ------------------------------------------------------------------------------------------------------

  /** What a reusable link is cleaned with. */
  private resetTexts(link: Link): readonly string[] {
    if (link.key === REPLICATION_KEY || !this.pool(link.nodeId).settings.keepIdle) return [];
    return link.status === 0x49 ? this.reset.idleTexts : this.reset.inTransactionTexts;
  }

  private pool(nodeId: number): Pool {
    let pool = this.pools.get(nodeId);
    if (pool === undefined) {
      pool = new Pool(this.lease, this.poolSettings());
      pool.onShort = () => this.ports.send({ t: 'short', waiting: 1 });
      this.pools.set(nodeId, pool);
    }
    return pool;
  }

  private async acquire(wish: LinkWish): Promise<Link> {
    const { message } = wish;
    const { cluster } = this;
    const decision = decide(cluster);
    const node = cluster.nodes.find((candidate) => candidate.id === decision.node);
    if (node === undefined) {
      throw new BackendUnavailableError(
        -1,
        `no backend node can serve this session: ${decision.why.map((reason) => reason.found).join('; ')}`,
        { sqlstate: '57P03' },
      );
    }
    const replication = message.replication !== 'off';
    const params = startupParams(message);
    const key = replication ? REPLICATION_KEY : intern(linkKey(node.id, wish.protocol, params));
    const pool = this.pool(node.id);
    if (!replication && !wish.fresh) {
      const link = pool.take(key, cluster.epoch);
      if (link !== null) {
        // A reused connection proves nothing about this client: it is asked as the server asked before.
        if (wish.proveReuse !== null) {
          let credentials: Credentials;
          try {
            credentials = await wish.proveReuse(link.authRequest);
          } catch (error) {
            this.retire(link, true, true);
            throw error;
          }
          // The proof takes as long as the client likes: the connection may be gone, or its node no longer the primary.
          if (!credentials.unproved && link.clean && link.epoch === this.cluster.epoch) return link;
          this.retire(link, link.clean, true); // also for a password that only the server can judge
          return this.open(wish, cluster, node, key, params, pool, credentials);
        }
        return link;
      }
    }
    const granted =
      !replication ||
      (await this.ask<boolean>((request) => ({ t: 'replicate', request, id: wish.connectionId }))) === true;
    if (!granted) {
      throw new BackendUnavailableError(node.id, 'too many replication connections through this proxy', {
        sqlstate: '53300',
      });
    }
    return this.open(wish, cluster, node, key, params, replication ? null : pool, null);
  }

  /** @param cluster the snapshot that chose the node */
  private async open(
    wish: LinkWish,
    cluster: ClusterSnapshot,
    node: ClusterSnapshot['nodes'][number],
    key: string,
    params: readonly (readonly [string, string])[],
    pool: Pool | null,
    known: Credentials | null,
  ): Promise<Link> {
    const deadlineMs = this.connectLimitMs(node.id);
    if (pool !== null && !(await pool.reserve(deadlineMs))) {
      throw new BackendUnavailableError(node.id, `no connection to backend node ${node.id} became free in time`, {
        sqlstate: '53300',
      });
    }
    const credentials = known ?? wish.credentials;
    try {
      this.refuseOldEpoch(cluster, node.id);
      const link = await openLink(
        {
          nodeId: node.id,
          epoch: cluster.epoch,
          host: node.host,
          port: node.port,
          key,
          database: intern(wish.message.database),
          user: wish.message.user,
          startup: encodeStartup({ protocol: wish.protocol, params }),
          tls: this.backendTls,
          onTlsAnswer: (answer) =>
            this.log.write('debug1', 'attempting to negotiate a secure connection', {
              detail: `client->server SSL response: ${answer}`,
            }),
          deadlineMs: deadlineMs + this.settings.authentication_timeout * 1000,
          credentials: typeof credentials === 'function' ? credentials : () => credentials,
        },
        this.counters,
      );
      if (cluster.epoch !== this.cluster.epoch) link.close();
      this.refuseOldEpoch(cluster, node.id);
      if (pool !== null) pool.counters.opened++;
      return link;
    } catch (error) {
      pool?.unreserve();
      if (error instanceof BackendUnavailableError && error.fields === null && cluster.epoch === this.cluster.epoch) {
        this.ports.send({ t: 'suspect', node: node.id, reason: error.message });
        this.log.write('log', `failed to connect to PostgreSQL server on "${node.host}:${node.port}"`, {
          detail: error.message,
        });
      }
      throw error;
    }
  }

  /** Waiting and opening take time, and the primary may have moved since the node was chosen. */
  private refuseOldEpoch(cluster: ClusterSnapshot, nodeId: number): void {
    if (cluster.epoch === this.cluster.epoch) return;
    throw new BackendUnavailableError(nodeId, 'the primary node changed while this session started; connect again', {
      sqlstate: '57P03',
    });
  }

  private connectLimitMs(nodeId: number): number {
    const limit = healthCheckOf(this.settings, nodeId)?.connectTimeoutMs ?? CONNECT_LIMIT_DEFAULT_MS;
    return limit === 0 ? 2 ** 30 : limit;
  }

  /** A link that no session uses any more: reset and kept, or closed. */
  private retire(link: Link, reusable: boolean, unused = false): void {
    if (link.key === REPLICATION_KEY) {
      link.close();
      return;
    }
    const pool = this.pool(link.nodeId);
    if (!reusable || !pool.settings.keepIdle || link.epoch !== this.cluster.epoch || this.stopping === 'fast') {
      pool.discard(link);
      if (this.shedWanted > 0) this.shed(this.shedWanted);
      return;
    }
    if (unused) {
      pool.release(link);
      return;
    }
    if (link.cancelsInFlight > 0) {
      // A cancel request on its way would hit whoever uses the connection next.
      link.onCancelsDone = () => this.retire(link, link.clean);
      return;
    }
    const idle = link.status === 0x49;
    const { reset } = this;
    const count = idle ? reset.idleCount : reset.inTransactionCount;
    if (count === 0) {
      // Without a statement to end it, an open transaction would be the next client's.
      if (idle) pool.release(link);
      else pool.discard(link);
      if (this.shedWanted > 0) this.shed(this.shedWanted);
      return;
    }
    link.reset(idle ? reset.idle : reset.inTransaction, count, RESET_LIMIT_MS, (clean) => {
      if (clean) pool.release(link);
      else pool.discard(link);
      if (this.shedWanted > 0) this.shed(this.shedWanted);
    });
  }

  backendError(session: Session, body: Buffer): void {
    writeBackendError(this.log, this.observer, session, body);
  }

  countStatement(nodeId: number): void {
    this.counters.statements[nodeId] = (this.counters.statements[nodeId] as number) + 1;
  }

  // --- auth_query -------------------------------------------------------------------------------------------------

  private authLookup(user: string): ReturnType<AuthLink['lookup']> {
    if (this.authLink === null) {
      const { cluster, settings } = this;
      const node = cluster.nodes.find((candidate) => candidate.id === cluster.primary);
      if (node === undefined) return Promise.reject(new Error('no primary node is known for auth_query'));
      this.authLink = new AuthLink(
        {
          nodeId: node.id,
          epoch: cluster.epoch,
          host: node.host,
          port: node.port,
          tls: this.backendTls,
          user: settings.auth_user,
          database: settings.auth_dbname,
          query: settings.auth_query,
          deadlineMs: this.connectLimitMs(node.id),
          credentials: () => {
            const password = this.requireAccess().ownPassword(settings.auth_user, settings.auth_password);
            return createCredentials(password === null ? {} : { password });
          },
        },
        this.counters,
      );
    }
    return this.authLink.lookup(user);
  }

  // --- cancel -----------------------------------------------------------------------------------------------------

  private async cancel(pid: number, secret: Buffer, address: string): Promise<void> {
    this.counters.cancels++;
    if (this.settings.log_client_messages) {
      this.log.write('log', 'Cancel message from frontend.', { detail: `process id: ${pid}` });
    }
    if (await this.cancelHere(pid, secret)) return;
    if (this.tooManyWrong(address)) return;
    const found = await this.ask<boolean>((request) => ({ t: 'cancel', request, pid, secret: secret.toString('hex') }));
    if (found !== true) {
      this.counters.wrongCancels++;
      this.wrongCancels.set(address, (this.wrongCancels.get(address) ?? 0) + 1);
    }
  }

  private tooManyWrong(address: string): boolean {
    const minute = Math.floor(performance.now() / 60_000);
    if (minute !== this.wrongCancelsMinute) {
      this.wrongCancelsMinute = minute;
      this.wrongCancels.clear();
    }
    return (this.wrongCancels.get(address) ?? 0) >= WRONG_CANCELS_PER_MINUTE;
  }

  /** Passes a cancel request on to the server of the session it names. @returns false if that session is not here */
  private async cancelHere(pid: number, secret: Buffer): Promise<boolean> {
    const session = this.byPid.get(pid)?.find(({ client }) => sameSecret(client.secret, secret));
    if (session === undefined) return false;
    if (!session.running) return true; // too late: nothing runs that could be meant
    const { link } = session;
    if (link.secret === '') return true; // its server never said how to cancel
    const node = this.cluster.nodes.find((candidate) => candidate.id === link.nodeId);
    if (node === undefined) return true;
    link.cancelsInFlight++;
    this.log.write('log', 'forwarding cancel request to backend', { detail: `canceling backend pid:${link.pid}` });
    try {
      // One that may still arrive would hit whoever uses the connection next.
      if (!(await sendCancel(node, link, link.tls ? this.backendTls : null))) link.spoil();
    } finally {
      link.cancelsInFlight--;
      if (link.cancelsInFlight === 0) {
        const done = link.onCancelsDone;
        link.onCancelsDone = null;
        done?.();
      }
    }
    return true;
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

  async answer(session: Session, what: Interception): Promise<Buffer> {
    switch (what.kind) {
      case 'guard':
        for (const pool of this.pools.values()) pool.guardDatabase(what.database);
        await this.ask((request) => ({ t: 'guard', request, database: what.database }));
        return Buffer.alloc(0);
      case 'show': {
        const report = await this.ask<HerdReport>((request) => ({
          t: 'report',
          request,
          name: what.name,
          session: session.link.nodeId,
          database: session.client.database,
          user: session.client.user,
        }));
        if (report === null) {
          return encodeErrorResponse({
            severity: 'ERROR',
            sqlstate: '0A000',
            message: `SHOW ${what.name} is not available in this version`,
          });
        }
        return encodeReport(report);
      }
      case 'pgpool':
        return this.pgpoolCommand(what);
    }
  }

  private pgpoolCommand(what: Extract<Interception, { kind: 'pgpool' }>): Buffer {
    if (what.verb !== 'show') {
      return encodeErrorResponse({
        severity: 'ERROR',
        sqlstate: '0A000',
        message: `PGPOOL ${what.verb.toUpperCase()} is not available in this version`,
      });
    }
    const name = what.rest;
    const rows = showRows(this.settings, name);
    if (rows === null) return encodeErrorResponse({ severity: 'ERROR', sqlstate: '42704', message: showError(name) });
    if (showLayout(name) === 'value') {
      return encodeReport({ columns: [name], rows: rows.map((row) => [row.value]) });
    }
    return encodeReport({
      columns: ['item', 'value', 'description'],
      rows: rows.map((row) => [row.item, row.value, row.description]),
    });
  }

  // --- time -------------------------------------------------------------------------------------------------------

  private tick(): void {
    if (this.config === null) return;
    const now = performance.now();
    const limit = this.settings.client_idle_limit * 1000;
    if (limit > 0) {
      for (const session of this.sessions) {
        if (session.idleForMs >= limit) {
          session.endWith('idle-limit', '57P05', 'pgherd: client idle limit reached');
        }
      }
    }
    let total = 0;
    let idle = 0;
    let waiting = 0;
    const sums = { opened: 0, reused: 0, evicted: 0, waits: 0 };
    for (const pool of this.pools.values()) {
      pool.expire(now);
      total += pool.total;
      idle += pool.idleCount;
      waiting += pool.waiting;
      sums.opened += pool.counters.opened;
      sums.reused += pool.counters.reused;
      sums.evicted += pool.counters.evicted;
      sums.waits += pool.counters.waits;
    }
    if (waiting > 0) this.ports.send({ t: 'short', waiting });
    this.ports.send({
      t: 'stats',
      stats: this.counters.snapshot({
        sessions: this.sessions.size,
        linksTotal: total,
        linksIdle: idle,
        waiting,
        ...sums,
        logLinesDropped: this.log.dropped,
      }),
    });
    const title =
      this.sessions.size === 0
        ? 'pgpool: wait for connection request'
        : `pgpool: serving ${this.sessions.size} clients`;
    if (title !== this.title) process.title = this.title = title;
  }

  // --- stop -------------------------------------------------------------------------------------------------------

  private stop(mode: 'smart' | 'fast'): void {
    if (this.stopping === 'fast') return;
    this.stopping = mode;
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
    for (const pool of this.pools.values()) pool.closeIdle(() => true);
    this.authLink?.close();
    // Terminate messages are on their way in the sockets' buffers; a short moment lets them out.
    void this.log.drained().then(() => setTimeout(() => this.ports.exit(0), 20));
  }
}

/** Takes as long for a wrong key as for the right one. */
function sameSecret(ours: string, given: Buffer): boolean {
  return ours.length === given.length && timingSafeEqual(Buffer.from(ours, 'latin1'), given);
}
