/** A thread that is started again when it dies: at once at first, then after pauses that grow. */
import { Worker, type WorkerOptions } from 'node:worker_threads';

export interface KeptThreadOptions {
  readonly entry: URL;
  readonly options: WorkerOptions;
  /** Says what happened and what follows. */
  readonly log: (message: string) => void;
  /** Listens to a thread from its first moment. @returns how to stop, when it has gone */
  readonly attend?: (thread: Worker) => () => void;
}

/** What the thread says once, when it listens or cannot. */
export type Greeting =
  | { readonly t: 'listening'; readonly urls?: Readonly<Record<string, string>> }
  | { readonly t: 'failed'; readonly code?: string; readonly message: string };

/** For a thread to close what it has open. */
const CLOSE_LIMIT_MS = 2_000;
const PAUSE_FIRST_MS = 100;
const PAUSE_MAX_MS = 5_000;
/** One that served so long has earned a short pause again. */
const SERVED_MS = 60_000;

/** The pause before the next start, after so many deaths in a row. */
export function restartPauseMs(deaths: number): number {
  return Math.min(PAUSE_MAX_MS, PAUSE_FIRST_MS * 2 ** Math.max(0, deaths - 1));
}

export class KeptThread {
  private readonly how: KeptThreadOptions;
  private thread: Worker | null = null;
  private deaths = 0;
  private closed = false;
  private pause: NodeJS.Timeout | null = null;

  constructor(how: KeptThreadOptions) {
    this.how = how;
  }

  /** The first start. @returns what the thread said @throws Error when it died before it said anything */
  async start(): Promise<Greeting> {
    const { thread, greeting } = this.spawn();
    try {
      const said = await greeting;
      if (said.t === 'listening') this.keep(thread);
      else await thread.terminate();
      return said;
    } catch (error) {
      await thread.terminate();
      throw error;
    }
  }

  /** Dropped while there is no thread: what is posted are snapshots, and the next one comes soon. */
  post(message: unknown): void {
    this.thread?.postMessage(message);
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.pause !== null) clearTimeout(this.pause);
    const { thread } = this;
    this.thread = null;
    if (thread === null) return;
    const closed = new Promise<void>((resolve) => {
      const limit = setTimeout(resolve, CLOSE_LIMIT_MS);
      const done = (): void => {
        clearTimeout(limit);
        resolve();
      };
      thread.once('exit', done);
      thread.on('message', ({ t }: { t?: string }) => {
        if (t === 'closed') done();
      });
    });
    thread.postMessage({ t: 'close' });
    await closed;
    await thread.terminate();
  }

  private spawn(): { thread: Worker; greeting: Promise<Greeting> } {
    const thread = new Worker(this.how.entry, this.how.options);
    const forget = this.how.attend?.(thread);
    thread.once('exit', () => forget?.());
    const greeting = new Promise<Greeting>((resolve, reject) => {
      thread.on('message', (message: Greeting) => {
        if (message.t === 'listening' || message.t === 'failed') resolve(message);
      });
      thread.once('error', reject);
      thread.once('exit', (code) => reject(new Error(`it ended with status ${code}`)));
    });
    return { thread, greeting };
  }

  private keep(thread: Worker): void {
    this.thread = thread;
    const startedMs = performance.now();
    let reason = 'it ended';
    thread.on('error', (error) => {
      reason = error.message;
    });
    thread.once('exit', () => {
      if (this.closed) return;
      this.thread = null;
      if (performance.now() - startedMs >= SERVED_MS) this.deaths = 0;
      this.again(reason);
    });
  }

  private again(reason: string): void {
    const pauseMs = restartPauseMs(++this.deaths);
    this.how.log(`the thread behind the doors ended (${reason}); it is started again in ${pauseMs} ms`);
    this.pause = setTimeout(() => void this.restart(), pauseMs);
  }

  private async restart(): Promise<void> {
    const { thread, greeting } = this.spawn();
    let said: Greeting;
    try {
      said = await greeting;
    } catch (error) {
      said = { t: 'failed', message: (error as Error).message };
    }
    if (this.closed || said.t === 'failed') {
      await thread.terminate();
      if (!this.closed) this.again((said as { message?: string }).message ?? 'it did not start');
      return;
    }
    this.keep(thread);
  }
}
