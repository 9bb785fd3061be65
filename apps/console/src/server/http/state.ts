/** Whether there is a console behind the server: it answers, and says what is wrong, also while its database is not there. */
import type { Logger } from 'pino';
import type { Console } from '../console.ts';
import type { ConsoleOptions } from '../env.ts';

export class State {
  readonly options: ConsoleOptions;
  readonly log: Logger;
  console: Console | null = null;
  /** Why there is none: a sentence. */
  trouble: string | null = null;
  readonly #listeners = new Set<() => void>();

  constructor(options: ConsoleOptions, log: Logger) {
    this.options = options;
    this.log = log;
  }

  onConsole(listener: () => void): void {
    this.#listeners.add(listener);
  }

  set(console: Console | null, trouble: string | null): void {
    const came = this.console === null && console !== null;
    this.console = console;
    this.trouble = trouble;
    if (came) for (const listener of this.#listeners) listener();
  }
}
