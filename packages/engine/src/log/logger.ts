/**
 * Log lines in Pgpool-II's form: log_line_prefix, severity, colon, two blanks, message; DETAIL and HINT as lines of
 * their own below. Writing never blocks the event loop: lines wait in a bounded queue and what does not fit is counted.
 */
import fs from 'node:fs';

export const LEVELS = [
  'debug5',
  'debug4',
  'debug3',
  'debug2',
  'debug1',
  'info',
  'notice',
  'warning',
  'error',
  'log',
  'fatal',
  'panic',
] as const;
export type Level = (typeof LEVELS)[number];

/** Whom a line is about; absent members show as `[unknown]` (application names as empty where the client gave ''). */
export interface LogContext {
  readonly application?: string;
  readonly database?: string;
  readonly user?: string;
}

export interface LogSettings {
  readonly prefix: string;
  readonly minLevel: Level;
  readonly verbosity: 'terse' | 'default' | 'verbose';
}

const QUEUE_BYTES_MAX = 4 * 1024 * 1024;
const RANK: Readonly<Record<Level, number>> = Object.fromEntries(LEVELS.map((level, rank) => [level, rank])) as Record<
  Level,
  number
>;

function two(n: number): string {
  return n < 10 ? `0${n}` : `${n}`;
}

/** `YYYY-MM-DD HH:MM:SS` in local time. */
export function localTime(date: Date): string {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Expands log_line_prefix. A number after % pads, negative to the left. */
export function expandPrefix(
  prefix: string,
  facts: { processName: string; pid: number; line: number; now: Date; context: LogContext | null },
): string {
  return prefix.replace(/%(-?\d+)?([apPtmdul%])/g, (_all, width: string | undefined, letter: string) => {
    const value = prefixValue(letter, facts);
    if (width === undefined) return value;
    const size = Math.abs(Number(width));
    return width.startsWith('-') ? value.padEnd(size) : value.padStart(size);
  });
}

function prefixValue(
  letter: string,
  facts: { processName: string; pid: number; line: number; now: Date; context: LogContext | null },
): string {
  switch (letter) {
    case 'a':
      return facts.context === null ? facts.processName : oneEntry(facts.context.application ?? '[unknown]');
    case 'p':
      return String(facts.pid);
    case 'P':
      return facts.processName;
    case 't':
      return localTime(facts.now);
    case 'm':
      return `${localTime(facts.now)}.${String(facts.now.getMilliseconds()).padStart(3, '0')}`;
    case 'd':
      return oneEntry(facts.context?.database ?? '[unknown]');
    case 'u':
      return oneEntry(facts.context?.user ?? '[unknown]');
    case 'l':
      return String(facts.line);
    default:
      return '%';
  }
}

/** Lines of a longer text after the first begin with a tab, so that no text can pass for an entry of its own. */
function oneEntry(text: string): string {
  return /[\r\n]/.test(text) ? text.replace(/\r\n|\r|\n/g, '\n\t') : text;
}

/** File and line that called `callee`. */
function callerOf(callee: (...args: never[]) => unknown): string {
  const at: { stack?: string } = {};
  Error.captureStackTrace(at, callee);
  return /([^/\\(\s]+:\d+):\d+\)?$/m.exec(at.stack ?? '')?.[1] ?? 'unknown';
}

export interface LogExtra {
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  readonly context?: LogContext | null;
  /** It holds an address or a statement of a client, although its session is not named. */
  readonly client?: boolean;
}

/** A line before it is written out, for those that show it elsewhere. */
export interface Entry {
  readonly atMs: number;
  readonly level: Level;
  readonly text: string;
  readonly detail: string | null;
  readonly hint: string | null;
  /** About a client's session. */
  readonly client: boolean;
}

/** What lines are written to. */
export interface Log {
  enabled(level: Level): boolean;
  write(level: Level, message: string, extra?: LogExtra): void;
}

export class Logger implements Log {
  settings: LogSettings;
  readonly processName: string;
  dropped = 0;
  private queue: string[] = [];
  private queuedBytes = 0;
  private writing = false;
  private line = 0;
  private fd: number;
  /** Files that were written to before, to be closed once nothing is on its way there. */
  private former: number[] = [];
  /** Hears of each line. */
  onEntry: ((entry: Entry) => void) | null = null;
  private readonly idleListeners: (() => void)[] = [];

  constructor(processName: string, settings: LogSettings, fd = 2) {
    this.processName = processName;
    this.settings = settings;
    this.fd = fd;
  }

  enabled(level: Level): boolean {
    return RANK[level] >= RANK[this.settings.minLevel];
  }

  write(level: Level, message: string, extra: LogExtra = {}): void {
    if (this.enabled(level)) this.entry(this.settings.verbosity, this.write, level, message, extra);
  }

  /** The same log for one session that has chosen for itself what is written. */
  under(own: Pick<LogSettings, 'minLevel' | 'verbosity'>): Log {
    const enabled = (level: Level): boolean => RANK[level] >= RANK[own.minLevel];
    const write = (level: Level, message: string, extra: LogExtra = {}): void => {
      if (enabled(level)) this.entry(own.verbosity, write, level, message, extra);
    };
    return { enabled, write };
  }

  private entry(
    verbosity: LogSettings['verbosity'],
    caller: (...args: never[]) => unknown,
    level: Level,
    message: string,
    extra: LogExtra,
  ): void {
    const prefix = expandPrefix(this.settings.prefix, {
      processName: this.processName,
      pid: process.pid,
      line: ++this.line,
      now: new Date(),
      context: extra.context ?? null,
    });
    this.onEntry?.({
      atMs: Date.now(),
      level,
      text: message,
      detail: extra.detail ?? null,
      hint: extra.hint ?? null,
      client: extra.client === true || (extra.context ?? null) !== null,
    });
    const severity = level.startsWith('debug') ? 'DEBUG' : level.toUpperCase();
    let text = `${prefix}${severity}:  ${oneEntry(message)}\n`;
    if (verbosity !== 'terse') {
      if (extra.detail !== undefined) text += `${prefix}DETAIL:  ${oneEntry(extra.detail)}\n`;
      if (extra.hint !== undefined) text += `${prefix}HINT:  ${oneEntry(extra.hint)}\n`;
    }
    if (verbosity === 'verbose') text += `${prefix}LOCATION:  ${callerOf(caller)}\n`;
    if (this.queuedBytes + text.length > QUEUE_BYTES_MAX) {
      this.dropped++;
      return;
    }
    this.queue.push(text);
    this.queuedBytes += text.length;
    if (!this.writing) this.flush();
  }

  /** Lines go to this file from now on, opened for appending. @throws Error when it cannot be opened */
  redirect(file: string, mode: number): void {
    const fd = fs.openSync(file, 'a', mode);
    if (this.redirected) this.former.push(this.fd);
    this.fd = fd;
    this.redirected = true;
    if (!this.writing) this.closeFormer();
  }

  private redirected = false;

  private closeFormer(): void {
    for (const fd of this.former.splice(0)) fs.close(fd, () => {});
  }

  private flush(): void {
    this.closeFormer();
    if (this.queue.length === 0) {
      this.writing = false;
      for (const listener of this.idleListeners.splice(0)) listener();
      return;
    }
    this.writing = true;
    const text = this.queue.join('');
    this.queue = [];
    this.queuedBytes = 0;
    this.writeAll(Buffer.from(text), 0);
  }

  private writeAll(bytes: Buffer, from: number): void {
    fs.write(this.fd, bytes, from, bytes.length - from, null, (error, written) => {
      if (error !== null && error.code !== 'EAGAIN') {
        this.dropped++; // nobody reads the log any more; there is no other place to say so
        this.flush();
      } else if (error === null && from + written >= bytes.length) this.flush();
      else if (error === null) this.writeAll(bytes, from + written);
      else setTimeout(() => this.writeAll(bytes, from), 10);
    });
  }

  /** Resolves when everything queued has been written, or after `limitMs`. */
  drained(limitMs = 500): Promise<void> {
    if (!this.writing) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.idleListeners.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
