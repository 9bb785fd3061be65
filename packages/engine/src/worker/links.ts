/**
 * The connections of one worker's sessions to the nodes: from the pools or opened, and back again when a session ends.
 */
import { type Credentials, createCredentials } from '@pgherd/auth';
import { healthCheckOf, type Settings } from '@pgherd/config';
import { encodeStartup } from '@pgherd/wire';
import { internBytes, type Link } from '../backend/link.ts';
import { BackendUnavailableError, openLink } from '../backend/open-link.ts';
import type { RoutedSession } from '../frontend/router-host.ts';
import type { LinkWish } from '../frontend/startup.ts';
import type { ClusterSnapshot } from '../ipc.ts';
import { linkKey, REPLICATION_KEY, startupParams } from '../pool/link-key.ts';
import { Pool } from '../pool/pool.ts';
import { type ResetPlan, resetPlan } from '../pool/reset.ts';
import { homeNode } from '../routing/home-node.ts';
import { intern } from './intern.ts';
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

/** Time for one connection attempt; 0 in the file = no limit. */
export function connectLimitMs(settings: Settings, nodeId: number): number {
  const limit = healthCheckOf(settings, nodeId)?.connectTimeoutMs ?? CONNECT_LIMIT_DEFAULT_MS;
  return limit === 0 ? 2 ** 30 : limit;
}

export class Links {
  private readonly context: WorkerContext;
  private readonly pools = new Map<number, Pool>();
  private lease = 0;
  /** What other workers still lack: given up as soon as it is not needed here. */
  private shedWanted = 0;
  private resets: ResetPlan = resetPlan(['ABORT', 'DISCARD ALL']);

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

  /** Idle connections of an older epoch prove nothing about their node. */
  closeOldEpochs(epoch: number): void {
    for (const pool of this.pools.values()) pool.closeIdle((link) => link.epoch !== epoch);
  }

  closeIdle(): void {
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

  /** The connection that a session starts with: to the primary. @throws BackendUnavailableError */
  async acquire(wish: LinkWish): Promise<Link> {
    const { message } = wish;
    const { cluster } = this.context;
    const decision = homeNode(cluster);
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
          if (!credentials.unproved && link.clean && link.epoch === this.context.cluster.epoch) return link;
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
    node: ClusterSnapshot['nodes'][number],
    key: string,
    params: readonly (readonly [string, string])[],
    pool: Pool | null,
    known: Credentials | null,
  ): Promise<Link> {
    const deadlineMs = connectLimitMs(this.context.settings, node.id);
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
          startup: internBytes(encodeStartup({ protocol: wish.protocol, params })),
          tls: this.context.backendTls,
          onTlsAnswer: (answer) =>
            this.context.log.write('debug1', 'attempting to negotiate a secure connection', {
              detail: `client->server SSL response: ${answer}`,
            }),
          deadlineMs: deadlineMs + this.context.settings.authentication_timeout * 1000,
          credentials: typeof credentials === 'function' ? credentials : () => credentials,
        },
        this.context.counters,
      );
      if (cluster.epoch !== this.context.cluster.epoch) link.close();
      this.refuseOldEpoch(cluster, node.id);
      if (pool !== null) pool.counters.opened++;
      return link;
    } catch (error) {
      pool?.unreserve();
      if (
        error instanceof BackendUnavailableError &&
        error.fields === null &&
        cluster.epoch === this.context.cluster.epoch
      ) {
        this.context.send({ t: 'suspect', node: node.id, reason: error.message });
        this.context.log.write('log', `failed to connect to PostgreSQL server on "${node.host}:${node.port}"`, {
          detail: error.message,
        });
      }
      throw error;
    }
  }

  /** Waiting and opening take time, and the primary may have moved since the node was chosen. */
  private refuseOldEpoch(cluster: ClusterSnapshot, nodeId: number): void {
    if (cluster.epoch === this.context.cluster.epoch) return;
    throw new BackendUnavailableError(nodeId, 'the primary node changed while this session started; connect again', {
      sqlstate: '57P03',
    });
  }

  /** A link that no session uses any more: reset and kept, or closed. */
  retire(link: Link, reusable: boolean, unused = false): void {
    if (link.key === REPLICATION_KEY) {
      link.close();
      return;
    }
    const pool = this.pool(link.nodeId);
    if (
      !reusable ||
      !pool.settings.keepIdle ||
      link.epoch !== this.context.cluster.epoch ||
      this.context.stoppingFast
    ) {
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
    const key = intern(`${nodeId}${home.key.slice(home.key.indexOf('\0'))}`);
    const pool = this.pool(nodeId);
    const idle = pool.take(key, cluster.epoch);
    if (idle !== null) {
      // A server that asks for a password has been shown one on this connection, yet not by this client.
      if (idle.authRequest === 'ok' || keys.credentials !== null) return idle;
      pool.release(idle);
    }
    const deadlineMs = connectLimitMs(this.context.settings, nodeId);
    if (!(await pool.reserve(Math.min(deadlineMs, READER_WAIT_MS)))) return null;
    try {
      const link = await openLink(
        {
          nodeId,
          epoch: cluster.epoch,
          host: node.host,
          port: node.port,
          key,
          database: home.database,
          user: router.identity.user,
          startup: keys.startup,
          tls: this.context.backendTls,
          deadlineMs: deadlineMs + this.context.settings.authentication_timeout * 1000,
          credentials: () => keys.credentials ?? createCredentials({}),
        },
        this.context.counters,
      );
      pool.counters.opened++;
      if (cluster.epoch === this.context.cluster.epoch) return link;
      link.close();
    } catch (error) {
      this.context.send({ t: 'suspect', node: nodeId, reason: (error as Error).message });
      this.context.log.write('log', `failed to connect to PostgreSQL server on "${node.host}:${node.port}"`, {
        detail: `${(error as Error).message}; the read goes to the primary`,
      });
    }
    pool.unreserve();
    return null;
  }
}
