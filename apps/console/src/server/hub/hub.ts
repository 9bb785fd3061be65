/**
 * What everybody watches: one picture for each cluster, made once for all viewers. Subscribers get a snapshot, then deltas,
 * numbered; whoever cannot keep up gets a new snapshot in place of a queue.
 */
import type { MetricsSample } from '@pgherd/control/client';
import type { LogLine as EngineLogLine, HerdEvent, Operation } from '@pgherd/operations';
import type { Logger } from 'pino';
import type {
  ApplyRunView,
  ClusterStatus,
  ConfigNews,
  EventView,
  LiveMessage,
  LogLine,
  OperationView,
  SessionView,
  Topic,
  TopicData,
} from '../../shared/live/topics.ts';
import type { Prisma } from '../data/database.ts';
import type { EngineLink, SessionsDelta } from '../engines/engine-link.ts';
import type { ClusterLinks, Engines } from '../engines/engines.ts';
import { ClusterMetrics } from './metrics.ts';
import { type Beside, picture } from './picture.ts';
import { Wanted } from './wanted.ts';

type News<T extends Topic = Topic> = {
  readonly [K in T]: { readonly topic: K; readonly data: TopicData[K]['delta'] };
}[T];
type Listener = (news: News) => void;

/** At most four pictures a second. */
const PICTURE_EVERY_MS = 250;
const EVENTS_SHOWN = 300;
const OPERATIONS_SHOWN = 100;

/** One cluster as it is watched. */
export class Watched {
  readonly cluster: ClusterLinks;
  readonly metrics = new ClusterMetrics();
  readonly wanted: Wanted;
  readonly reasons = new Map<string, string>();
  readonly #listeners = new Set<Listener>();
  readonly #firstSeen = new Map<string, string>();
  #status: ClusterStatus;
  #told = '';
  #timer: NodeJS.Timeout | null = null;
  readonly #second: NodeJS.Timeout;
  readonly #off: (() => void)[] = [];

  constructor(cluster: ClusterLinks, prisma: Prisma, log: Logger) {
    this.cluster = cluster;
    this.wanted = new Wanted(cluster.id, prisma, log, () => {
      this.tell({ topic: 'config', data: this.configNews() });
      this.soon();
    });
    for (const link of cluster.links) this.#listen(link);
    this.#second = setInterval(() => this.#everySecond(), 1_000);
    this.#status = this.#paint();
    void this.wanted.read();
  }

  get status(): ClusterStatus {
    return this.#status;
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(news: News): void {
    for (const listener of this.#listeners) listener(news);
  }

  /** A new picture within a quarter of a second. */
  soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#refresh();
    }, PICTURE_EVERY_MS);
  }

  events(): EventView[] {
    return this.cluster.links
      .flatMap((link) => link.events.map((event) => eventView(link, event)))
      .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.seq - b.seq))
      .slice(-EVENTS_SHOWN);
  }

  operations(): OperationView[] {
    return this.cluster.links
      .flatMap((link) => [...link.operations.values()].map((operation) => this.operationView(link, operation)))
      .sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1))
      .slice(-OPERATIONS_SHOWN);
  }

  operationView(link: EngineLink, operation: Parameters<typeof link.operations.set>[1]): OperationView {
    return { ...operation, proxy: link.place.name, reason: this.reasons.get(`${link.place.id}:${operation.id}`) ?? '' };
  }

  sessions(): SessionView[] {
    return this.cluster.links.flatMap((link) =>
      [...link.sessions.values()].map((session) => sessionView(link, session)),
    );
  }

  logs(): { lines: LogLine[]; dropped: number } {
    const { links } = this.cluster;
    return {
      lines: links
        .flatMap((link) => link.logLines.map((line) => logLine(link, line)))
        .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)),
      dropped: links.reduce((sum, { logDropped }) => sum + logDropped, 0),
    };
  }

  configNews(run: ApplyRunView | null = null): ConfigNews {
    return { stamp: this.wanted.stamp, run: run ?? this.wanted.run };
  }

  /** Sessions and logs are asked of the engines only while somebody looks. */
  look(topic: Topic): () => void {
    if (topic !== 'sessions' && topic !== 'logs') return () => {};
    const ends = this.cluster.links.map((link) => (topic === 'sessions' ? link.lookAtSessions() : link.lookAtLogs()));
    return () => {
      for (const end of ends) end();
    };
  }

  close(): void {
    clearInterval(this.#second);
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const off of this.#off) off();
    this.#listeners.clear();
  }

  #listen(link: EngineLink): void {
    const off: (() => void)[] = this.#off;
    const changed = (): void => this.soon();
    const metrics = (sample: MetricsSample): void => this.metrics.take(link.place.id, sample, Date.now());
    const event = (happened: HerdEvent): void => this.tell({ topic: 'events', data: [eventView(link, happened)] });
    const operation = (moved: Operation): void => {
      this.tell({ topic: 'operations', data: this.operationView(link, moved) });
      void this.wanted.keepReport(link.place.id, moved);
    };
    const sessions = (delta: SessionsDelta): void => {
      const come = delta.changed.map((session) => sessionView(link, session));
      const gone = delta.gone.map((id) => `${link.place.name}:${id}`);
      this.tell({ topic: 'sessions', data: { changed: come, gone } });
    };
    const logs = (lines: readonly EngineLogLine[], dropped: number): void =>
      this.tell({ topic: 'logs', data: { lines: lines.map((line) => logLine(link, line)), dropped } });
    link.on('changed', changed).on('metrics', metrics).on('event', event);
    link.on('operation', operation).on('sessions', sessions).on('logs', logs);
    off.push(() => {
      link.off('changed', changed).off('metrics', metrics).off('event', event);
      link.off('operation', operation).off('sessions', sessions).off('logs', logs);
    });
  }

  #everySecond(): void {
    const point = this.metrics.tick(Date.now());
    if (point !== null) this.tell({ topic: 'metrics', data: point });
    this.#refresh();
  }

  #refresh(): void {
    this.#status = this.#paint();
    // The ages of proxies grow each second by themselves: that alone is told too, since it is what says "still true".
    const told = JSON.stringify(this.#status);
    if (told === this.#told) return;
    this.#told = told;
    this.tell({ topic: 'status', data: this.#status });
  }

  #paint(): ClusterStatus {
    const { wanted } = this;
    const beside: Beside = {
      nowMs: Date.now(),
      wanted: wanted.version,
      lastChange: wanted.lastChange,
      draft: wanted.draft,
      rejected: wanted.rejected,
      acknowledged: wanted.acknowledged,
      since: (id, nowMs) => {
        const known = this.#firstSeen.get(id) ?? new Date(nowMs).toISOString();
        this.#firstSeen.set(id, known);
        return known;
      },
      shares: this.metrics.shares(),
      running: this.operations().filter(({ state }) => state === 'running'),
      lagLimit: wanted.lagLimit,
      replication: false,
    };
    const painted = picture(this.cluster, this.cluster.links, beside);
    const present = new Set(painted.problems.map(({ id }) => id));
    for (const id of this.#firstSeen.keys()) if (!present.has(id)) this.#firstSeen.delete(id);
    return painted;
  }
}

export class Hub {
  readonly #engines: Engines;
  readonly #prisma: Prisma;
  readonly #log: Logger;
  readonly #watched = new Map<string, Watched>();
  readonly #changed = new Set<() => void>();

  constructor(engines: Engines, prisma: Prisma, log: Logger) {
    this.#engines = engines;
    this.#prisma = prisma;
    this.#log = log;
    engines.on('clusters', () => this.#sync());
    this.#sync();
  }

  /** @throws nothing: null for a cluster that is not there (any more) */
  of(clusterId: string): Watched | null {
    return this.#watched.get(clusterId) ?? null;
  }

  /** Clusters or their proxies changed: subscriptions begin anew. */
  onChange(listener: () => void): () => void {
    this.#changed.add(listener);
    return () => this.#changed.delete(listener);
  }

  close(): void {
    for (const watched of this.#watched.values()) watched.close();
    this.#watched.clear();
  }

  #sync(): void {
    const present = new Set<string>();
    for (const cluster of this.#engines.clusters) {
      present.add(cluster.id);
      const known = this.#watched.get(cluster.id);
      if (known !== undefined && sameLinks(known.cluster, cluster)) continue;
      known?.close();
      this.#watched.set(cluster.id, new Watched(cluster, this.#prisma, this.#log));
    }
    for (const [id, watched] of this.#watched) {
      if (present.has(id)) continue;
      watched.close();
      this.#watched.delete(id);
    }
    for (const listener of this.#changed) listener();
  }
}

const sameLinks = (a: ClusterLinks, b: ClusterLinks): boolean =>
  a.name === b.name &&
  a.environment === b.environment &&
  a.slug === b.slug &&
  a.links.length === b.links.length &&
  a.links.every((link, i) => link === b.links[i]);

function eventView(link: EngineLink, event: EngineLink['events'][number]): EventView {
  return { ...event, proxy: link.place.name, key: `${link.place.name}:${event.seq}` };
}

function sessionView(link: EngineLink, session: Parameters<EngineLink['sessions']['set']>[1]): SessionView {
  return { ...session, proxy: link.place.name, key: `${link.place.name}:${session.id}` };
}

function logLine(link: EngineLink, line: EngineLink['logLines'][number]): LogLine {
  const { seq, at, level, pid, detail, hint } = line;
  const text = [line.text, detail === null ? '' : `DETAIL: ${detail}`, hint === null ? '' : `HINT: ${hint}`]
    .filter(Boolean)
    .join('\n');
  return { key: `${link.place.name}:${seq}`, proxy: link.place.name, at, level, process: line.process, pid, text };
}

/** The message of a topic as it is now. */
export function snapshotOf<T extends Topic>(watched: Watched, topic: T): TopicData[T]['snapshot'] {
  const make: { readonly [K in Topic]: () => TopicData[K]['snapshot'] } = {
    status: () => watched.status,
    metrics: () => watched.metrics.points,
    events: () => watched.events(),
    operations: () => watched.operations(),
    sessions: () => watched.sessions(),
    logs: () => watched.logs(),
    config: () => watched.configNews(),
  };
  return make[topic]();
}

export function message<T>(
  watched: Watched,
  topic: Topic,
  seq: number,
  kind: 'snapshot' | 'delta',
  data: T,
): LiveMessage<T> {
  const heard = watched.cluster.links.map(({ heardAtMs }) => heardAtMs).filter((ms) => ms !== null);
  const sourceAt = heard.length === 0 ? null : new Date(Math.max(...heard)).toISOString();
  return { cluster: watched.cluster.slug, topic, seq, kind, sourceAt, at: new Date().toISOString(), data };
}
