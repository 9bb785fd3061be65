/**
 * How live data come: one WebSocket for the tab; where that does not get through, server-sent events; then polling. It says
 * which, and tries the better one again. A change of transport begins every topic anew with a snapshot.
 */
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client';
import type { AppRouter } from '../../server/rpc/router.ts';
import type { LiveMessage, Subscription } from '../../shared/live/topics.ts';
import { api } from './api.ts';

export type TransportMode = 'ws' | 'sse' | 'poll';

export interface TransportState {
  readonly mode: TransportMode;
  readonly open: boolean;
  /** Milliseconds since 1970: when it was lost; null while it is open. */
  readonly lostAt: number | null;
  /** When the next try is made. */
  readonly retryAt: number | null;
}

interface Handlers {
  onMessage(message: LiveMessage<unknown>): void;
  /** The subscription ended: refused (then with the reason), or the connection was lost. */
  onEnd(error: unknown): void;
}

const DOWN_AFTER_MS = 6_000;
const BACK_TO_WS_MS = 20_000;
const POLL_MS = 2_000;
const RETRY_MAX_MS = 5_000;

type Socket = ReturnType<typeof createWSClient>;
type LiveClient = ReturnType<typeof createTRPCClient<AppRouter>>;

export class Transport {
  #state: TransportState = { mode: 'ws', open: false, lostAt: null, retryAt: null };
  #socket: Socket | null = null;
  #viaSocket: ReturnType<typeof createTRPCClient<AppRouter>> | null = null;
  readonly #listeners = new Set<() => void>();
  #fallback: ReturnType<typeof setTimeout> | null = null;
  #back: ReturnType<typeof setTimeout> | null = null;

  get state(): TransportState {
    return this.#state;
  }

  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @returns how to end it */
  subscribe(subscription: Subscription, handlers: Handlers): () => void {
    const { mode } = this.#state;
    if (mode === 'poll') return this.#poll(subscription, handlers);
    if (mode === 'ws') return this.#follow(this.#overSocket(), mode, subscription, handlers);
    let ended = false;
    let end = (): void => {
      ended = true;
    };
    import('./event-stream.ts').then(
      ({ overEvents }) => {
        if (!ended) end = this.#follow(overEvents, mode, subscription, handlers);
      },
      (error: unknown) => handlers.onEnd(error),
    );
    return () => end();
  }

  #follow(client: LiveClient, mode: TransportMode, subscription: Subscription, handlers: Handlers): () => void {
    const { unsubscribe } = client.live.watch.subscribe(subscription, {
      onStarted: () => this.#up(),
      onData: (message) => {
        this.#up();
        handlers.onMessage(message as LiveMessage<unknown>);
      },
      onError: (error) => {
        if (mode === 'sse') this.#down();
        handlers.onEnd(error);
      },
      onComplete: () => handlers.onEnd(null),
      // Retries by the link itself: the server begins with a snapshot again.
      onConnectionStateChange: (change) => {
        if (mode === 'sse' && change.state === 'connecting' && change.error !== null) this.#down();
      },
    });
    return unsubscribe;
  }

  close(): void {
    for (const timer of [this.#fallback, this.#back]) if (timer !== null) clearTimeout(timer);
    void this.#socket?.close();
    this.#socket = null;
    this.#viaSocket = null;
  }

  #overSocket(): ReturnType<typeof createTRPCClient<AppRouter>> {
    if (this.#viaSocket !== null) return this.#viaSocket;
    const url = `${window.location.origin.replace(/^http/, 'ws')}/ws`;
    this.#socket = createWSClient({
      url,
      retryDelayMs: (attempt) => {
        const waitMs = Math.min(RETRY_MAX_MS, 250 * 2 ** attempt);
        this.#set({ ...this.#state, retryAt: Date.now() + waitMs });
        return waitMs;
      },
      keepAlive: { enabled: true, intervalMs: 5_000, pongTimeoutMs: 4_000 },
      onOpen: () => this.#up(),
      onClose: () => this.#down(),
    });
    this.#viaSocket = createTRPCClient<AppRouter>({ links: [wsLink({ client: this.#socket })] });
    this.#expectOpen();
    return this.#viaSocket;
  }

  #poll(subscription: Subscription, handlers: Handlers): () => void {
    let ended = false;
    let timer: ReturnType<typeof setTimeout> | null = null;
    const again = async (): Promise<void> => {
      try {
        const message = await api.live.snapshot.query(subscription);
        if (ended) return;
        this.#up();
        handlers.onMessage(message as LiveMessage<unknown>);
      } catch (error) {
        if (ended) return;
        this.#down();
        if ((error as { data?: { code?: string } }).data?.code === 'FORBIDDEN') return handlers.onEnd(error);
      }
      timer = setTimeout(() => void again(), POLL_MS);
    };
    void again();
    return () => {
      ended = true;
      if (timer !== null) clearTimeout(timer);
    };
  }

  #up(): void {
    if (this.#fallback !== null) clearTimeout(this.#fallback);
    this.#fallback = null;
    if (!this.#state.open) this.#set({ ...this.#state, open: true, lostAt: null, retryAt: null });
  }

  #down(): void {
    if (this.#state.open || this.#state.lostAt === null) {
      this.#set({ ...this.#state, open: false, lostAt: Date.now() });
    }
    this.#expectOpen();
  }

  /** The next best way is taken when this one stays shut. */
  #expectOpen(): void {
    this.#fallback ??= setTimeout(() => {
      this.#fallback = null;
      if (this.#state.open) return;
      const { mode } = this.#state;
      this.#move(mode === 'ws' ? 'sse' : mode === 'sse' ? 'poll' : 'ws');
    }, DOWN_AFTER_MS);
  }

  #move(mode: TransportMode): void {
    if (this.#state.mode === 'ws') {
      void this.#socket?.close();
      this.#socket = null;
      this.#viaSocket = null;
    }
    if (this.#back !== null) clearTimeout(this.#back);
    this.#back = mode === 'ws' ? null : setTimeout(() => this.#move('ws'), BACK_TO_WS_MS);
    this.#set({ mode, open: false, lostAt: this.#state.lostAt ?? Date.now(), retryAt: null });
    if (mode !== 'ws') this.#expectOpen();
  }

  #set(state: TransportState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
