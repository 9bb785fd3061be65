/** The console as a child: started, begun anew when it dies, ended. Nothing here waits for it but who asks to. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { projectRoot } from '../place.ts';

export interface ConsolePlace {
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  readonly tlsCert: string | null;
  readonly tlsKey: string | null;
  readonly dev: boolean;
  /** Does nothing but make a one-time link for one more administrator. */
  readonly newAdmin?: boolean;
  /** An engine that is made known at the first start. */
  readonly engine: { readonly url: string; readonly tokenFile: string; readonly name: string } | null;
}

/** As the console's process tells it over IPC (apps/console, src/server/main.ts). */
type News =
  | { readonly kind: 'step'; readonly text: string }
  | { readonly kind: 'ready'; readonly url: string }
  | { readonly kind: 'link'; readonly link: string | null }
  | { readonly kind: 'failed'; readonly message: string };

export interface Opened {
  readonly url: string;
  readonly link: string | null;
}

/**
 * Makes what the console needs before its first start, beside everything else that has to be made. What fails here is told by
 * the console itself, which tries again.
 */
export function prepareConsole(): { readonly done: Promise<void>; stop(): void } {
  const child = spawn(process.execPath, ['--no-warnings', path.join(projectRoot, 'apps/console/tools/build.ts')], {
    cwd: projectRoot,
    stdio: 'ignore',
  });
  const done = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
  return { done, stop: () => void child.kill('SIGTERM') };
}

const STOP_LIMIT_MS = 10_000;
const AGAIN_MS = 2_000;
const AGAIN_MAX_MS = 60_000;
const OPEN_LIMIT_MS = 180_000;

export class ConsoleProcess {
  readonly #place: ConsolePlace;
  readonly #logFd: number;
  readonly #step: (text: string) => void;
  #child: ChildProcess | null = null;
  #stopping = false;
  #timer: NodeJS.Timeout | null = null;
  #waitMs = AGAIN_MS;
  #opened: ((opened: Opened) => void) | null = null;
  #refused: ((error: Error) => void) | null = null;

  /** @param logFd where it writes its log */
  constructor(place: ConsolePlace, logFd: number, step: (text: string) => void) {
    this.#place = place;
    this.#logFd = logFd;
    this.#step = step;
  }

  /** @throws Error with a sentence when it cannot be opened */
  open(): Promise<Opened> {
    const opened = new Promise<Opened>((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error('The console was not ready in time.')), OPEN_LIMIT_MS);
      this.#opened = (facts) => {
        clearTimeout(limit);
        resolve(facts);
      };
      this.#refused = (error) => {
        clearTimeout(limit);
        reject(error);
      };
    });
    this.#start();
    return opened;
  }

  async close(): Promise<void> {
    this.#stopping = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGTERM');
    const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await ended;
    clearTimeout(limit);
  }

  #start(): void {
    const { dataDir, host, port, tlsCert, tlsKey, dev, engine, newAdmin = false } = this.#place;
    const own = (name: string, value: string | null): Record<string, string> =>
      value === null ? {} : { [`PGHERD_CONSOLE_${name}`]: value };
    const child = spawn(
      process.execPath,
      ['--no-warnings', path.join(projectRoot, 'apps/console/src/server/main.ts')],
      {
        cwd: projectRoot,
        stdio: ['ignore', this.#logFd, this.#logFd, 'ipc'],
        // Ctrl-C reaches the whole group of the terminal: it is us who end it, after the last request.
        detached: true,
        env: {
          ...process.env,
          NODE_ENV: dev ? 'development' : 'production',
          NEXT_TELEMETRY_DISABLED: '1',
          ...{ PGHERD_CONSOLE_DIR: dataDir, PGHERD_CONSOLE_HOST: host, PGHERD_CONSOLE_PORT: String(port) },
          ...own('NEW_ADMIN', newAdmin ? 'yes' : null),
          ...own('TLS_CERT', tlsCert),
          ...own('TLS_KEY', tlsKey),
          ...own('ENGINE', engine?.url ?? null),
          ...own('ENGINE_TOKEN_FILE', engine?.tokenFile ?? null),
          ...own('ENGINE_NAME', engine?.name ?? null),
        },
      },
    );
    this.#child = child;
    let url = '';
    child.on('message', (news: News) => {
      if (news.kind === 'step') this.#step(news.text);
      if (news.kind === 'ready') url = news.url;
      if (news.kind === 'failed') this.#refused?.(new Error(news.message));
      if (news.kind !== 'link') return;
      this.#waitMs = AGAIN_MS;
      this.#opened?.({ url, link: news.link });
    });
    child.once('error', (error) => this.#refused?.(error));
    child.once('exit', () => newAdmin || this.#again());
  }

  /** One that dies is begun anew, more and more slowly: operations and applies go on where they were. */
  #again(): void {
    if (this.#stopping) return;
    this.#refused?.(new Error('The console ended: see its log.'));
    this.#timer = setTimeout(() => this.#start(), this.#waitMs);
    this.#waitMs = Math.min(AGAIN_MAX_MS, this.#waitMs * 2);
  }
}
