/**
 * One topic as the page has it: the snapshot with all deltas on top. A number that is missing starts it anew. Pages read it
 * with `useTopic`; several of them share one subscription.
 */
import type { LiveMessage, SessionView, Topic, TopicData } from '../../shared/live/topics.ts';
import { failureOf } from './api.ts';
import { reduce } from './reduce.ts';
import type { Transport } from './transport.ts';

export interface TopicState<T extends Topic> {
  /** Null: nothing came yet. Old data stay while it is lost. */
  readonly data: TopicData[T]['snapshot'] | null;
  /** Milliseconds since 1970: when the engine said it, as far as known. */
  readonly sourceAt: number | null;
  /** When the last message came in here. */
  readonly receivedAt: number | null;
  /** Why it is refused; null when it is not. */
  readonly refused: { readonly message: string; readonly permission: string | null } | null;
}

const AGAIN_MS = 1_000;
const EMPTY = { data: null, sourceAt: null, receivedAt: null, refused: null } as const;

export class TopicStore<T extends Topic> {
  readonly #transport: Transport;
  readonly #cluster: string;
  readonly #topic: T;
  readonly #listeners = new Set<() => void>();
  #state: TopicState<T> = EMPTY;
  #seq = 0;
  #end: (() => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #mode = '';
  #offTransport: (() => void) | null = null;
  #hidden = false;
  paused = false;
  /** Messages that came while paused. */
  held = 0;

  constructor(transport: Transport, cluster: string, topic: T) {
    this.#transport = transport;
    this.#cluster = cluster;
    this.#topic = topic;
  }

  readonly state = (): TopicState<T> => this.#state;

  readonly watch = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#start();
    return () => {
      this.#listeners.delete(listener);
      // A page that follows another one of the same topic keeps the subscription.
      if (this.#listeners.size === 0) setTimeout(() => this.#listeners.size === 0 && this.#stop(), 2_000);
    };
  };

  /** Pauses and goes on; what came meanwhile is asked for as a snapshot. */
  pause(paused: boolean): void {
    this.paused = paused;
    if (!paused && this.held > 0) this.#open();
    this.held = 0;
    this.#tell();
  }

  #start(): void {
    if (this.#offTransport !== null) return;
    this.#mode = this.#transport.state.mode;
    this.#offTransport = this.#transport.watch(() => {
      if (this.#transport.state.mode === this.#mode) return;
      this.#mode = this.#transport.state.mode;
      this.#open();
    });
    document.addEventListener('visibilitychange', this.#onVisibility);
    this.#open();
  }

  #stop(): void {
    this.#end?.();
    this.#end = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#offTransport?.();
    this.#offTransport = null;
    document.removeEventListener('visibilitychange', this.#onVisibility);
  }

  readonly #onVisibility = (): void => {
    const hidden = document.hidden;
    if (hidden === this.#hidden) return;
    this.#hidden = hidden;
    this.#open();
  };

  #open(): void {
    this.#end?.();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#seq = 0;
    const subscription = { cluster: this.#cluster, topic: this.#topic, slow: this.#hidden };
    this.#end = this.#transport.subscribe(subscription, {
      onMessage: (message) => this.#take(message as LiveMessage<TopicData[T]['snapshot'] | TopicData[T]['delta']>),
      onEnd: (error) => this.#ended(error),
    });
  }

  #take(message: LiveMessage<TopicData[T]['snapshot'] | TopicData[T]['delta']>): void {
    if (this.paused && this.#state.data !== null) {
      this.held++;
      this.#tell();
      return;
    }
    const { kind, seq, sourceAt, data } = message;
    if (kind === 'delta' && seq !== this.#seq + 1) {
      this.#open();
      return;
    }
    this.#seq = seq;
    this.#state = {
      data: reduce(this.#topic, this.#state.data, kind, data),
      sourceAt: sourceAt === null ? null : Date.parse(sourceAt),
      receivedAt: Date.now(),
      refused: null,
    };
    this.#tell();
  }

  #ended(error: unknown): void {
    if (error !== null) {
      const { code, message, permission } = failureOf(error);
      if (code === 'PERMISSION' || code === 'NO_CLUSTER' || code === 'SIGN_IN') {
        this.#state = { ...this.#state, refused: { message, permission } };
        this.#tell();
        return;
      }
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      if (this.#listeners.size > 0) this.#open();
    }, AGAIN_MS);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

export type Sessions = readonly SessionView[];
