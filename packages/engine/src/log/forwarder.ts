/** A worker's lines on their way to the supervisor: a few times a second together, and no more than a bound. */
import type { Entry } from './logger.ts';

const TOGETHER_MS = 200;
const TOGETHER_MAX = 500;

export class LogForwarder {
  readonly #send: (entries: readonly Entry[], dropped: number) => void;
  #entries: Entry[] = [];
  #dropped = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(send: (entries: readonly Entry[], dropped: number) => void) {
    this.#send = send;
  }

  add(entry: Entry): void {
    if (this.#entries.length < TOGETHER_MAX) this.#entries.push(entry);
    else this.#dropped++;
    this.#timer ??= setTimeout(() => this.flush(), TOGETHER_MS).unref();
  }

  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#entries.length === 0) return;
    const [entries, dropped] = [this.#entries, this.#dropped];
    this.#entries = [];
    this.#dropped = 0;
    this.#send(entries, dropped);
  }
}
