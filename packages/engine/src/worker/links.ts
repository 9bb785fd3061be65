/**
 * The connections of one worker's sessions to the nodes: from the pools or opened, and back again when a session ends.
 */
import { type Credentials, createCredentials } from '@pgherd/auth';
import { healthCheckOf, type Settings } from '@pgherd/config';
import { encodeStartup } from '@pgherd/wire';
import { internBytes, type Link } from '../backend/link.ts';
import { abortOpenings, BackendUnavailableError, type OpenTarget, openLink } from '../backend/open-link.ts';
import type { RoutedSession } from '../frontend/router-host.ts';
import type { LinkWish } from '../frontend/startup.ts';
import type { ClusterSnapshot } from '../ipc.ts';
import { linkKey, REPLICATION_KEY, startupParams } from '../pool/link-key.ts';
import { Pool } from '../pool/pool.ts';
import { type ResetPlan, resetPlan } from '../pool/reset.ts';
import { intern } from './intern.ts';
import { Proofs } from './proofs.ts';
import { Turns } from './turns.ts';
import { type Opened, WarmHomes } from './warm-homes.ts';
import type { WorkerContext } from './worker-context.ts';

/** What opens further connections for a session. */
export interface SessionKeys {
  readonly credentials: Credentials | null;
  /** The start-up packet of the session's home connection. */
  readonly startup: Buffer;
  readonly connectionId: number;
}

/** What the pools of all nodes hold together. */
export interface PoolSums {
  total: number;
  idle: number;
  waiting: number;
  opened: number;
  reused: number;
  evicted: number;
  waits: number;
}

const RESET_LIMIT_MS = 10_000;
const CONNECT_LIMIT_DEFAULT_MS = 10_000;
/** How long a read waits for room in a read node's pool before it goes to the primary. */
const READER_WAIT_MS = 200;
/** How long a session without a home waits for a primary when nobody says how long it will take. */
const HOME_PATIENCE_MS = 30_000;
const HOME_AGAIN_MS = 200;
const HOME_OPENINGS_MAX = 32;
/** A connection that is opened ahead of need waits no longer for room. */
const WARM_WAIT_MS = 200;

type NodeSnapshot = ClusterSnapshot['nodes'][number];

/** Time for one connection attempt; 0 in the file = no limit. */
export function connectLimitMs(settings: Settings, nodeId: number): number {
  const limit = healthCheckOf(settings, nodeId)?.connectTimeoutMs ?? CONNECT_LIMIT_DEFAULT_MS;
  return limit === 0 ? 2 ** 30 : limit;
}

/** A dead primary is found dead within this time, if sessions have trouble with it. */
const FAILOVER_BEGINS_MS = 2_000;
const LOOK_AGAIN_MS = 200;

export class Links {
  private readonly context: WorkerContext;
  private readonly pools = new Map<number, Pool>();
  private lease = 0;
  /** What other workers still lack: given up as soon as it is not needed here. */
  private shedWanted = 0;
  private resets: ResetPlan = resetPlan(['ABORT', 'DISCARD ALL']);
  /** Replication connections, which are in no pool. */
  private readonly replicating = new Set<Link>();
  private readonly proofs = new Proofs();
  /** Sessions that have lost their home come back all at once: a server takes so many new connections at a time. */
  private readonly homeTurns = new Turns(HOME_OPENINGS_MAX);
  /** When a primary that could not be reached is tried again. */
  private readonly homeNotBeforeMs = new Map<number, number>();
  private readonly warmHomes = new WarmHomes((link) => this.pool(link.nodeId).discard(link));
  /** Sessions that wait for a home. */
  private homeless = 0;
  private readonly housed = new Set<() => void>();

  constructor(context: WorkerContext) {
    this.context = context;
  }

  /** A new configuration is in effect. */
  configure(resets: ResetPlan): void {
    this.resets = resets;
    for (const pool of this.pools.values()) pool.settings = this.poolSettings();
  }

  /** So many more connections per node may be open. */
  grant(more: number): void {
    this.lease += more;
    for (const pool of this.pools.values()) {
      pool.lease = this.lease;
      pool.serveWaiters();
    }
  }

  /** A DROP DATABASE is about to run somewhere. */
  guard(database: string): void {
    for (const pool of this.pools.values()) pool.guardDatabase(database);
  }

  /** Breaks off everything that leads to these nodes, in use, idle or being opened: not one byte more is sent there. */
  fence(nodes: readonly number[], because: string): void {
    if (nodes.length === 0) return;
    const { cluster, terms } = this.context;
    this.warmHomes.herdChanged(nodes, cluster.primary, terms.of(cluster.primary ?? -1));
    abortOpenings(because, (nodeId) => nodes.includes(nodeId));
    // Whoever opened meanwhile is of the new term already.
    const gone = (link: Link): boolean =>
      nodes.includes(link.nodeId) && !this.isGood(link) && !this.warmHomes.keeps(link);
    for (const pool of this.pools.values()) pool.cut(because, gone);
    for (const link of this.replicating) if (gone(link)) link.cut(because);
  }

  /** Opened in the present term of its node. */
  private isGood(link: Link): boolean {
    return link.epoch === this.context.terms.of(link.nodeId);
  }

  closeIdle(): void {
    this.warmHomes.drop();
    for (const pool of this.pools.values()) pool.closeIdle(() => true);
  }

  idle(): Link[] {
    return [...this.pools.values()].flatMap((pool) => pool.idleLinks());
  }

  /** Closes what is over age. About once a second. */
  expire(now: number): PoolSums {
    const sums: PoolSums = { total: 0, idle: 0, waiting: 0, opened: 0, reused: 0, evicted: 0, waits: 0 };
    for (const pool of this.pools.values()) {
      pool.expire(now);
      sums.total += pool.total;
      sums.idle += pool.idleCount;
      sums.waiting += pool.waiting;
      sums.opened += pool.counters.opened;
      sums.reused += pool.counters.reused;
      sums.evicted += pool.counters.evicted;
      sums.waits += pool.counters.waits;
    }
    return sums;
  }

  private poolSettings(): Pool['settings'] {
    const { settings } = this.context;
    return {
      keepIdle: settings.connection_cache && settings.max_pool > 0,
      lifeTimeMs: settings.connection_life_time * 1000,
      sessionsMax: settings.child_max_connections,
    };
  }

  /** Gives up leases that are not in use, so that another worker can open connections. */
  shed(links: number): void {
    let needed = 0;
    for (const pool of this.pools.values()) needed = Math.max(needed, pool.total - pool.idleCount + pool.waiting);
    const given = Math.max(0, Math.min(links, this.lease - needed));
    this.shedWanted = links - given;
    if (given === 0) return;
    this.lease -= given;
    for (const pool of this.pools.values()) pool.shrink(this.lease);
    this.context.send({ t: 'gave', links: given });
  }

  /** What a reusable link is cleaned with. */
  resetTexts(link: Link): readonly string[] {
    if (link.key === REPLICATION_KEY || !this.pool(link.nodeId).settings.keepIdle) return [];
    return link.status === 0x49 ? this.resets.idleTexts : this.resets.inTransactionTexts;
  }

  pool(nodeId: number): Pool {
    let pool = this.pools.get(nodeId);
    if (pool === undefined) {
      pool = new Pool(this.lease, this.poolSettings());
      pool.onShort = () => this.context.send({ t: 'short', waiting: 1 });
      this.pools.set(nodeId, pool);
    }
    return pool;
  }

  /**
   * The connection that a session starts with: to the primary. While that one changes the client waits.
   * @throws BackendUnavailableError
   */
  async acquire(wish: LinkWish): Promise<Link> {
    let failedAtMs: number | null = null;
    for (;;) {
      const cluster = await this.context.hold.primary();
      try {
        return await this.acquireIn(cluster, wish);
      } catch (error) {
        if (!(error instanceof BackendUnavailableError)) throw error;
        const now = this.context.cluster;
        if (now.epoch !== cluster.epoch || now.hold !== null) continue;
        // Nobody answers there: it may be that the primary is about to be found dead, and replaced.
        failedAtMs ??= performance.now();
        const leftMs = failedAtMs + FAILOVER_BEGINS_MS - performance.now();
        if (error.fields !== null || cluster.nodes.length === 1 || leftMs <= 0) throw error;
        await this.context.hold.change(Math.min(leftMs, LOOK_AGAIN_MS));
      }
    }
  }

  /** @param cluster has a primary */
  private async acquireIn(cluster: ClusterSnapshot, wish: LinkWish): Promise<Link> {
    const { message } = wish;
    const node = primaryOf(cluster);
    const replication = message.replication !== 'off';
    const params = startupParams(message);
    const key = replication ? REPLICATION_KEY : intern(linkKey(node.id, wish.protocol, params));
    const pool = this.pool(node.id);
    if (!replication && !wish.fresh) {
      const link = pool.take(key, this.context.terms.of(node.id));
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
          if (!credentials.unproved && link.clean && this.isGood(link)) return link;
          this.retire(link, link.clean, true); // also for a password that only the server can judge
          return this.open(wish, cluster, node, key, params, pool, credentials);
        }
        return link;
      }
    }
    const granted =
      !replication ||
      (await this.context.ask<boolean>((request) => ({ t: 'replicate', request, id: wish.connectionId }))) === true;
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
    node: NodeSnapshot,
    key: string,
    params: readonly (readonly [string, string])[],
    pool: Pool | null,
    known: Credentials | null,
  ): Promise<Link> {
    const { context } = this;
    const credentials = known ?? wish.credentials;
    const startup = internBytes(encodeStartup({ protocol: wish.protocol, params }));
    try {
      return await this.openHomeLink(cluster, node, pool, {
        key,
        database: intern(wish.message.database),
        user: wish.message.user,
        startup,
        onTlsAnswer: (answer) =>
          context.log.write('debug1', 'attempting to negotiate a secure connection', {
            detail: `client->server SSL response: ${answer}`,
          }),
        credentials: typeof credentials === 'function' ? credentials : () => credentials,
      });
    } catch (error) {
      this.reportFailure(error, cluster, node);
      throw error;
    }
  }

  /** A server that cannot be reached is a suspicion; one that refuses speaks for itself. */
  private reportFailure(error: unknown, cluster: ClusterSnapshot, node: NodeSnapshot): void {
    if (!(error instanceof BackendUnavailableError) || error.fields !== null) return;
    if (cluster.epoch !== this.context.cluster.epoch) return;
    this.context.send({ t: 'suspect', node: node.id, reason: error.message });
    this.context.log.write('log', `failed to connect to PostgreSQL server on "${node.host}:${node.port}"`, {
      detail: error.message,
    });
  }

  /**
   * A new connection to the primary, which has proved that it is the one.
   * @param cluster the snapshot that chose the node
   * @param pool null for replication
   */
  private async openHomeLink(
    cluster: ClusterSnapshot,
    node: NodeSnapshot,
    pool: Pool | null,
    how: Pick<OpenTarget, 'key' | 'database' | 'user' | 'startup' | 'credentials'> & Partial<OpenTarget>,
  ): Promise<Link> {
    const { settings, terms } = this.context;
    const deadlineMs = connectLimitMs(settings, node.id);
    const term = terms.of(node.id);
    if (pool !== null && !(await pool.reserve(deadlineMs))) {
      throw new BackendUnavailableError(node.id, `no connection to backend node ${node.id} became free in time`, {
        sqlstate: '53300',
      });
    }
    let link: Link | null = null;
    try {
      this.refuseOldTerm(node.id, term);
      link = await openLink(
        {
          ...how,
          nodeId: node.id,
          epoch: term,
          host: node.host,
          port: node.port,
          tls: this.context.backendTls,
          deadlineMs: deadlineMs + settings.authentication_timeout * 1000,
        },
        this.context.counters,
      );
      if (pool !== null) pool.add(link);
      else this.replicating.add(link);
      this.refuseOldTerm(node.id, term);
      const objection = await this.proofs.prove(link, cluster);
      this.refuseOldTerm(node.id, term);
      if (objection !== null) {
        const message = `backend node ${node.id} is not used as the primary: ${objection}`;
        throw new BackendUnavailableError(node.id, message, { sqlstate: '57P03' });
      }
      if (!link.clean) {
        throw new BackendUnavailableError(node.id, `backend node ${node.id} closed the connection`);
      }
      return link;
    } catch (error) {
      if (link === null) pool?.unreserve();
      else if (pool !== null) pool.discard(link);
      else this.closeReplication(link);
      throw error;
    }
  }

  private closeReplication(link: Link): void {
    this.replicating.delete(link);
    link.close();
  }

  /** Waiting and opening take time, and the primary may have moved since the node was chosen. */
  private refuseOldTerm(nodeId: number, term: number): void {
    if (term === this.context.terms.of(nodeId)) return;
    throw new BackendUnavailableError(nodeId, 'the primary node changed while this session started; connect again', {
      sqlstate: '57P03',
    });
  }

  /**
   * A connection to the primary for a session that has lost its own. Waits for a primary, and tries as long as it may be
   * coming back.
   * @throws BackendUnavailableError
   */
  async openHome(router: RoutedSession, keys: SessionKeys): Promise<Link> {
    this.homeless++;
    try {
      return await this.openHomeWithin(router, keys);
    } finally {
      this.homeless--;
      if (this.homeless === 0) for (const tell of [...this.housed]) tell();
    }
  }

  /** Resolves when no session waits for a home any more, or the time is over. @returns how many still do */
  untilHoused(limitMs: number): Promise<number> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.housed.delete(done);
        resolve(this.homeless);
      };
      const timer = setTimeout(done, limitMs);
      this.housed.add(done);
      if (this.homeless === 0) done();
    });
  }

  private async openHomeWithin(router: RoutedSession, keys: SessionKeys): Promise<Link> {
    const { hold, settings } = this.context;
    const patienceMs = Math.min(HOME_PATIENCE_MS, (settings.search_primary_node_timeout || HOME_PATIENCE_MS) * 1000);
    const startedMs = performance.now();
    for (;;) {
      const leftMs = patienceMs - (performance.now() - startedMs);
      const cluster = await hold.primary(leftMs);
      const node = primaryOf(cluster);
      const pauseMs = (this.homeNotBeforeMs.get(node.id) ?? 0) - performance.now();
      if (pauseMs > 0) {
        await hold.change(pauseMs);
        if (!router.ended) continue;
      }
      if (router.ended) throw new BackendUnavailableError(node.id, 'the client is gone');
      await this.homeTurns.take();
      try {
        if (cluster.epoch !== this.context.cluster.epoch || hold.blocks) continue;
        return await this.openHomeIn(cluster, node, router, keys);
      } catch (error) {
        if (!mayPass(error)) throw error;
        const changed = this.context.cluster.epoch !== cluster.epoch || this.context.cluster.hold !== null;
        if (!changed && performance.now() - startedMs >= patienceMs) throw error;
        if (!changed) this.homeNotBeforeMs.set(node.id, performance.now() + HOME_AGAIN_MS);
      } finally {
        this.homeTurns.give();
      }
    }
  }

  private async openHomeIn(
    cluster: ClusterSnapshot,
    node: NodeSnapshot,
    router: RoutedSession,
    keys: SessionKeys,
  ): Promise<Link> {
    const { homeLink } = router;
    const key = keyAt(node.id, homeLink);
    const pool = this.pool(node.id);
    const idle = pool.take(key, this.context.terms.of(node.id));
    if (idle !== null) {
      // A server that asks for a password has been shown one on this connection, yet not by this client.
      if (idle.authRequest === 'ok' || keys.credentials !== null) return idle;
      pool.release(idle);
    }
    const warm = await this.warmHome(cluster, node, key, keys.credentials !== null);
    if (warm !== null) return warm;
    try {
      return await this.openHomeLink(cluster, node, pool, {
        key,
        database: homeLink.database,
        user: router.identity.user,
        startup: keys.startup,
        credentials: () => keys.credentials ?? createCredentials({}),
      });
    } catch (error) {
      // The first one to fail speaks for all that wait.
      if (performance.now() >= (this.homeNotBeforeMs.get(node.id) ?? 0)) this.reportFailure(error, cluster, node);
      throw error;
    }
  }

  /** One that was opened ahead of the switchover that is over now. */
  private async warmHome(
    cluster: ClusterSnapshot,
    node: NodeSnapshot,
    key: string,
    proved: boolean,
  ): Promise<Link | null> {
    const term = this.context.terms.of(node.id);
    for (;;) {
      const link = this.warmHomes.take(key, term, proved);
      if (link === null) return null;
      const objection = await this.proofs.question(link, cluster);
      const current = term === this.context.terms.of(node.id);
      if (current && objection === null && link.clean) {
        link.renew(term);
        return link;
      }
      this.pool(node.id).discard(link);
      this.refuseOldTerm(node.id, term);
    }
  }

  /**
   * Opens connections to a standby that is about to become the primary, for sessions that have theirs at the present one.
   * @returns how many stand ready after `limitMs` at most
   */
  warm(
    nodeId: number,
    sessions: readonly { readonly router: RoutedSession; readonly keys: SessionKeys }[],
    limitMs: number,
  ): Promise<number> {
    return this.warmHomes.open(nodeId, sessions, limitMs, ({ router, keys }) => this.openWarm(nodeId, router, keys));
  }

  /** There will be no switchover. */
  cool(): void {
    this.warmHomes.drop();
  }

  private async openWarm(nodeId: number, router: RoutedSession, keys: SessionKeys): Promise<Opened> {
    const { cluster, terms } = this.context;
    const node = cluster.nodes.find((candidate) => candidate.id === nodeId);
    if (node === undefined) return 'stop';
    if (router.ended) return 'skip';
    const key = keyAt(nodeId, router.homeLink);
    const pool = this.pool(nodeId);
    const term = terms.of(nodeId);
    let link = pool.take(key, term);
    if (link === null) {
      if (!(await pool.reserve(WARM_WAIT_MS))) return 'stop';
      try {
        link = await openLink(this.targetFor(node, term, key, router, keys), this.context.counters);
        pool.add(link);
      } catch (error) {
        pool.unreserve();
        const fields = error instanceof BackendUnavailableError ? error.fields : null;
        return fields === null ? 'stop' : fields.sqlstate === '53300' ? 'full' : 'skip';
      }
    }
    // The very question that it will be asked as a home: what it has to read from the catalogs for that, it has then.
    if (this.isGood(link) && link.clean) await this.proofs.question(link, cluster);
    if (this.isGood(link) && link.clean) return link;
    pool.discard(link);
    return this.isGood(link) ? 'skip' : 'stop';
  }

  private targetFor(
    node: NodeSnapshot,
    epoch: number,
    key: string,
    { homeLink, identity }: RoutedSession,
    keys: SessionKeys,
  ): OpenTarget {
    const { settings, backendTls } = this.context;
    return {
      nodeId: node.id,
      epoch,
      host: node.host,
      port: node.port,
      key,
      database: homeLink.database,
      user: identity.user,
      startup: keys.startup,
      tls: backendTls,
      deadlineMs: connectLimitMs(settings, node.id) + settings.authentication_timeout * 1000,
      credentials: () => keys.credentials ?? createCredentials({}),
    };
  }

  /** A link that no session uses any more: reset and kept, or closed. */
  retire(link: Link, reusable: boolean, unused = false): void {
    if (link.key === REPLICATION_KEY) {
      this.closeReplication(link);
      return;
    }
    const pool = this.pool(link.nodeId);
    if (!reusable || !pool.settings.keepIdle || !this.isGood(link) || this.context.stoppingFast) {
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
    const { resets: reset } = this;
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

  /** A connection to a read node with the session's own start-up packet: one that is idle, else a new one. */
  async openReader(router: RoutedSession, keys: SessionKeys, nodeId: number): Promise<Link | null> {
    const { cluster } = this.context;
    const node = cluster.nodes.find((candidate) => candidate.id === nodeId);
    if (node === undefined) return null;
    const home = router.homeLink;
    const key = keyAt(nodeId, home);
    const pool = this.pool(nodeId);
    const term = this.context.terms.of(nodeId);
    const idle = pool.take(key, term);
    if (idle !== null) {
      // A server that asks for a password has been shown one on this connection, yet not by this client.
      if (idle.authRequest === 'ok' || keys.credentials !== null) return idle;
      pool.release(idle);
    }
    const deadlineMs = connectLimitMs(this.context.settings, nodeId);
    if (!(await pool.reserve(Math.min(deadlineMs, READER_WAIT_MS)))) return null;
    try {
      const link = await openLink(this.targetFor(node, term, key, router, keys), this.context.counters);
      pool.add(link);
      if (this.isGood(link) && !link.closed) return link;
      pool.discard(link);
      return null;
    } catch (error) {
      if (term !== this.context.terms.of(nodeId)) {
        pool.unreserve();
        return null; // it was broken off on purpose
      }
      this.context.send({ t: 'suspect', node: nodeId, reason: (error as Error).message });
      this.context.log.write('log', `failed to connect to PostgreSQL server on "${node.host}:${node.port}"`, {
        detail: `${(error as Error).message}; the read goes to the primary`,
      });
    }
    pool.unreserve();
    return null;
  }
}

/** What a home with this one's start-up packet has as its key at another node. */
function keyAt(nodeId: number, home: Link): string {
  return intern(`${nodeId}${home.key.slice(home.key.indexOf('\0'))}`);
}

function primaryOf(cluster: ClusterSnapshot): NodeSnapshot {
  const node = cluster.nodes.find((candidate) => candidate.id === cluster.primary);
  if (node !== undefined) return node;
  throw new BackendUnavailableError(cluster.primary ?? -1, 'the primary is none of the nodes', { sqlstate: '57P03' });
}

/** It starts, recovers, is full, or is out of reach: all that may be over in a moment. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof BackendUnavailableError)) return false;
  return error.fields === null || /^(?:57P0[0-4]|53300)$/.test(error.fields.sqlstate);
}
