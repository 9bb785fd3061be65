/**
 * One proxy, watched over its control API: what it said last, and since when it is lost. Nothing here decides; the hub makes
 * the picture of the herd from all links. An engine that does not answer delays nobody: each link stands for itself.
 */
import { EventEmitter } from 'node:events';
import type { MetricsSample } from '@pgherd/control/client';
import { type ControlClient, controlFailure, createControlClient } from '@pgherd/control/client';
import { nodeTransport } from '@pgherd/control/node-client';
import type {
  ConfigurationState,
  EngineStatus,
  HerdEvent,
  LogLine,
  NodeStatus,
  Operation,
  Problems,
  SessionFacts,
} from '@pgherd/operations';

export interface ProxyPlace {
  readonly id: string;
  readonly clusterId: string;
  readonly name: string;
  readonly controlUrl: string;
  readonly token: string;
  readonly caCert: string | null;
  /** Parameters that stay as they are in its file, whatever a version says. */
  readonly ownParameters: readonly string[];
}

export interface Herd {
  readonly ready: boolean;
  readonly notReady: readonly string[];
  readonly epoch: number;
  readonly primary: number | null;
}

export interface SessionsDelta {
  readonly changed: readonly SessionFacts[];
  readonly gone: readonly string[];
}

interface LinkEvents {
  /** Something of the picture changed. */
  changed: [];
  metrics: [MetricsSample];
  event: [HerdEvent];
  operation: [Operation];
  sessions: [SessionsDelta];
  logs: [readonly LogLine[], number];
  configuration: [ConfigurationState];
}

const EVENTS_KEPT = 500;
const LOGS_KEPT = 2_000;
const OPERATIONS_KEPT = 200;
const STATUS_EVERY_MS = 5_000;
/** The engine sends something each second; silence this long is a lost proxy, whatever the socket believes. */
const SILENT_MS = 10_000;
const AGAIN_MS = 1_000;

type Unsubscribable = { unsubscribe(): void };

export class EngineLink extends EventEmitter<LinkEvents> {
  readonly place: ProxyPlace;
  connection: 'connecting' | 'up' | 'lost' = 'connecting';
  error: string | null = null;
  heardAtMs: number | null = null;
  herd: Herd | null = null;
  readonly nodes = new Map<number, NodeStatus>();
  status: EngineStatus | null = null;
  problems: Problems | null = null;
  configuration: ConfigurationState | null = null;
  readonly events: HerdEvent[] = [];
  readonly operations = new Map<string, Operation>();
  readonly sessions = new Map<string, SessionFacts>();
  readonly logLines: LogLine[] = [];
  logDropped = 0;
  readonly #client: ControlClient;
  readonly #subscriptions = new Map<string, Unsubscribable>();
  readonly #timers: NodeJS.Timeout[] = [];
  #sessionsWanted = 0;
  #logsWanted = 0;
  #closed = false;

  constructor(place: ProxyPlace) {
    super();
    this.setMaxListeners(1_000);
    this.place = place;
    const transport = place.controlUrl.startsWith('https:')
      ? nodeTransport(place.caCert === null ? {} : { ca: place.caCert })
      : {};
    this.#client = createControlClient({
      url: place.controlUrl,
      token: place.token,
      ...transport,
      onConnection: (open) => (open ? this.#heard() : this.#lost('The connection to its control API was lost.')),
    });
    this.#follow();
    this.#timers.push(
      setInterval(() => void this.#readStatus(), STATUS_EVERY_MS),
      setInterval(() => this.#noticeSilence(), AGAIN_MS),
    );
    void this.#readStatus();
  }

  get api(): ControlClient['api'] {
    return this.#client.api;
  }

  /** Facts are no older than this; null = nothing was ever heard. */
  ageMs(nowMs = Date.now()): number | null {
    return this.heardAtMs === null ? null : nowMs - this.heardAtMs;
  }

  /** Sessions are watched while somebody looks. @returns how to stop looking */
  lookAtSessions(): () => void {
    if (++this.#sessionsWanted === 1) this.#followSessions();
    return once(() => {
      if (--this.#sessionsWanted > 0) return;
      this.#end('sessions');
      this.sessions.clear();
    });
  }

  lookAtLogs(): () => void {
    if (++this.#logsWanted === 1) this.#followLogs();
    return once(() => {
      if (--this.#logsWanted > 0) return;
      this.#end('logs');
      this.logLines.length = 0;
    });
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearInterval(timer);
    for (const name of [...this.#subscriptions.keys()]) this.#end(name);
    void this.#client.close().catch(() => {});
    this.removeAllListeners();
  }

  #follow(): void {
    const { watch } = this.#client.api;
    this.#keep('nodes', (handlers) =>
      watch.nodes.subscribe(undefined, {
        ...handlers,
        onData: ({ herd, nodes }) => {
          this.herd = herd;
          if (nodes.all) this.nodes.clear();
          for (const node of nodes.changed) this.nodes.set(node.id, node);
          for (const id of nodes.gone) this.nodes.delete(id);
          this.#news();
        },
      }),
    );
    this.#keep('metrics', (handlers) =>
      watch.metrics.subscribe(undefined, {
        ...handlers,
        onData: (sample) => {
          this.#heard();
          this.emit('metrics', sample);
        },
      }),
    );
    this.#keep('events', (handlers) =>
      watch.events.subscribe(
        { since: this.#lastEvent() },
        {
          ...handlers,
          onData: ({ data }) => {
            if (data.kind === 'restarted') this.events.length = 0;
            if (data.kind !== 'event') return;
            this.events.push(data.event);
            if (this.events.length > EVENTS_KEPT) this.events.shift();
            this.emit('event', data.event);
            this.#news();
          },
        },
      ),
    );
    this.#keep('operations', (handlers) =>
      watch.operations.subscribe(undefined, {
        ...handlers,
        onData: (operation) => {
          this.operations.set(operation.id, operation);
          for (const [id, { state }] of this.operations) {
            if (this.operations.size <= OPERATIONS_KEPT) break;
            if (state !== 'running') this.operations.delete(id);
          }
          this.emit('operation', operation);
          this.#news();
        },
      }),
    );
    this.#keep('problems', (handlers) =>
      watch.problems.subscribe(undefined, {
        ...handlers,
        onData: (problems) => {
          this.problems = problems;
          this.#news();
        },
      }),
    );
    this.#keep('configuration', (handlers) =>
      watch.configuration.subscribe(undefined, {
        ...handlers,
        onData: (state) => {
          this.configuration = state;
          this.emit('configuration', state);
          this.#news();
        },
      }),
    );
  }

  #followSessions(): void {
    this.#keep('sessions', (handlers) =>
      this.#client.api.watch.sessions.subscribe(undefined, {
        ...handlers,
        onData: (delta) => {
          const present = new Set(delta.changed.map(({ id }) => id));
          const gone = delta.all ? [...this.sessions.keys()].filter((id) => !present.has(id)) : delta.gone;
          for (const id of gone) this.sessions.delete(id);
          for (const session of delta.changed) this.sessions.set(session.id, session);
          this.#heard();
          this.emit('sessions', { changed: delta.changed, gone });
        },
      }),
    );
  }

  #followLogs(): void {
    const take = (lines: readonly LogLine[], lost: number): void => {
      const last = this.logLines.at(-1)?.seq ?? 0;
      const fresh = lines.filter(({ seq }) => seq > last);
      this.logLines.push(...fresh);
      if (this.logLines.length > LOGS_KEPT) this.logLines.splice(0, this.logLines.length - LOGS_KEPT);
      this.logDropped += lost;
      this.emit('logs', fresh, this.logDropped);
    };
    this.#keep('logs', (handlers) =>
      this.#client.api.watch.logs.subscribe({}, { ...handlers, onData: ({ lines, lost }) => take(lines, lost) }),
    );
    this.#client.api.logs.query({ limit: 1_000 }).then(
      (part) => {
        const known = new Set(this.logLines.map(({ seq }) => seq));
        this.logLines.unshift(...part.lines.filter(({ seq }) => !known.has(seq)));
        this.logLines.sort((a, b) => a.seq - b.seq);
        this.logDropped = part.dropped;
        this.emit('logs', this.logLines, this.logDropped);
      },
      () => {},
    );
  }

  /** Subscribes, and again when it ends: a proxy that was away is followed as soon as it is back. */
  #keep(
    name: string,
    open: (handlers: { onError: (error: unknown) => void; onComplete: () => void }) => Unsubscribable,
  ): void {
    if (this.#closed) return;
    const again = (): void => {
      this.#end(name);
      if (this.#closed || !this.#wanted(name)) return;
      const timer = setTimeout(() => this.#keep(name, open), AGAIN_MS);
      this.#subscriptions.set(name, { unsubscribe: () => clearTimeout(timer) });
    };
    const handlers = {
      onError: (error: unknown): void => {
        const failure = controlFailure(error);
        // A proxy of an older release lacks a subscription: the others go on.
        if (failure.kind === 'denied' || failure.kind === 'unreachable') this.#lost(failure.message);
        again();
      },
      onComplete: again,
    };
    this.#subscriptions.set(name, open(handlers));
  }

  #wanted(name: string): boolean {
    return name === 'sessions' ? this.#sessionsWanted > 0 : name === 'logs' ? this.#logsWanted > 0 : true;
  }

  #end(name: string): void {
    const subscription = this.#subscriptions.get(name);
    this.#subscriptions.delete(name);
    subscription?.unsubscribe();
  }

  #lastEvent(): number {
    return this.events.at(-1)?.seq ?? 0;
  }

  async #readStatus(): Promise<void> {
    try {
      this.status = await this.#client.api.status.query(undefined, { signal: AbortSignal.timeout(STATUS_EVERY_MS) });
      this.#news();
    } catch (error) {
      const failure = controlFailure(error);
      if (this.#closed || failure.kind === 'failed' || failure.kind === 'refused') return;
      this.#lost(failure.message);
    }
  }

  #heard(): void {
    this.heardAtMs = Date.now();
    if (this.connection === 'up') return;
    this.connection = 'up';
    this.error = null;
    this.emit('changed');
  }

  #news(): void {
    this.#heard();
    this.emit('changed');
  }

  #lost(why: string): void {
    if (this.#closed) return;
    const before = this.connection;
    this.connection = 'lost';
    this.error = why;
    if (before !== 'lost') this.emit('changed');
  }

  #noticeSilence(): void {
    const age = this.ageMs();
    if (this.connection === 'up' && age !== null && age > SILENT_MS) this.#lost('It has said nothing for 10 s.');
  }
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    work();
  };
}
