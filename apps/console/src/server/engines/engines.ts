/** All clusters and the links to their proxies. */
import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import type { Prisma } from '../data/database.ts';
import type { Keyring } from '../keys/keyring.ts';
import { Refusal } from '../refusal.ts';
import type { ClusterRef } from './cluster-ref.ts';
import { EngineLink } from './engine-link.ts';

export const tokenPurpose = (proxyId: string): string => `proxy-token:${proxyId}`;

export interface ClusterLinks extends ClusterRef {
  readonly links: readonly EngineLink[];
}

interface EnginesEvents {
  /** Clusters or proxies were added, changed or removed. */
  clusters: [];
}

export class Engines extends EventEmitter<EnginesEvents> {
  readonly #prisma: Prisma;
  readonly #keyring: Keyring;
  readonly #log: Logger;
  #clusters: readonly ClusterLinks[] = [];
  #loaded: Promise<void> | null = null;

  constructor(prisma: Prisma, keyring: Keyring, log: Logger) {
    super();
    this.setMaxListeners(1_000);
    this.#prisma = prisma;
    this.#keyring = keyring;
    this.#log = log;
  }

  get clusters(): readonly ClusterLinks[] {
    return this.#clusters;
  }

  /** Reads the clusters anew and connects to what is new; links that stay are kept. */
  load(): Promise<void> {
    const after = (this.#loaded ?? Promise.resolve()).then(() => this.#load());
    this.#loaded = after.catch(() => {});
    return after;
  }

  async clusterBySlug(slug: string): Promise<ClusterRef | null> {
    return this.#clusters.find((cluster) => cluster.slug === slug) ?? null;
  }

  cluster(id: string): ClusterLinks {
    const found = this.#clusters.find((cluster) => cluster.id === id);
    if (found === undefined) throw new Refusal('NO_CLUSTER', 'There is no such cluster any more.');
    return found;
  }

  /** The proxy that acts are asked of: the named one, or the first that answers. @throws Refusal PROXY_LOST */
  acting(clusterId: string, proxy: string | null): EngineLink {
    const { links } = this.cluster(clusterId);
    if (links.length === 0) throw new Refusal('NO_PROXY', 'The cluster has no proxy yet: add one in the settings.');
    const link =
      proxy === null
        ? links.find(({ connection }) => connection === 'up')
        : links.find(({ place }) => place.name === proxy);
    if (link === undefined) {
      throw new Refusal(
        'PROXY_LOST',
        proxy === null ? 'No proxy of the cluster answers.' : `There is no proxy "${proxy}".`,
      );
    }
    if (link.connection !== 'up')
      throw new Refusal('PROXY_LOST', `The proxy ${link.place.name} does not answer: ${link.error ?? ''}`);
    return link;
  }

  close(): void {
    for (const { links } of this.#clusters) for (const link of links) link.close();
    this.removeAllListeners();
  }

  async #load(): Promise<void> {
    const rows = await this.#prisma.cluster.findMany({
      orderBy: { createdAt: 'asc' },
      include: { proxies: { orderBy: [{ position: 'asc' }, { createdAt: 'asc' }] } },
    });
    const before = new Map(this.#clusters.flatMap(({ links }) => links).map((link) => [link.place.id, link]));
    const next = rows.map((row) => ({
      ...{ id: row.id, slug: row.slug, name: row.name, environment: row.environment },
      links: row.proxies.flatMap((proxy) => {
        let token: string;
        try {
          token = this.#keyring.open(proxy.token, tokenPurpose(proxy.id));
        } catch (error) {
          this.#log.error({ err: error, proxy: proxy.name }, "a proxy's token cannot be opened");
          return [];
        }
        const { id, clusterId, name, controlUrl, caCert } = proxy;
        const ownParameters = proxy.ownParameters.split(',').filter(Boolean);
        const place = { id, clusterId, name, controlUrl, token, caCert, ownParameters };
        const kept = before.get(id);
        if (kept !== undefined && JSON.stringify(kept.place) === JSON.stringify(place)) {
          before.delete(id);
          return [kept];
        }
        return [new EngineLink(place)];
      }),
    }));
    for (const link of before.values()) link.close();
    this.#clusters = next;
    this.emit('clusters');
  }
}
