/**
 * logging_collector: the log of all processes in one file, which is changed by age, by size, or when somebody asks. Every
 * process has the file open for itself and appends whole lines.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { Settings } from '@pgherd/config';
import { strftime } from './strftime.ts';

export type CollectorSettings = Pick<
  Settings,
  | 'log_directory'
  | 'log_filename'
  | 'log_file_mode'
  | 'log_rotation_age'
  | 'log_rotation_size'
  | 'log_truncate_on_rotation'
>;

const LOOK_MS = 1_000;
const DIRECTORY_MODE = 0o700;

export interface CollectorPorts {
  settings(): CollectorSettings;
  /** All processes write to this file from now on. */
  opened(file: string, mode: number): void;
  warn(message: string): void;
  now(): Date;
}

export class LogCollector {
  readonly #ports: CollectorPorts;
  #file = '';
  #openedMs = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(ports: CollectorPorts) {
    this.#ports = ports;
  }

  /** Where lines go now. */
  get file(): string {
    return this.#file;
  }

  /** @throws Error when no file can be made */
  start(): void {
    this.#open(false);
    this.#timer = setInterval(() => this.look(), LOOK_MS);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** A new file by the name of this moment; where that is the one in use, the same file opened anew. @throws Error */
  rotate(): void {
    this.#open(false);
  }

  /** Changes the file when its time has come. */
  look(): void {
    const { log_rotation_age: minutes, log_rotation_size: kilobytes } = this.#ports.settings();
    const old = minutes > 0 && this.#ports.now().getTime() - this.#openedMs >= minutes * 60_000;
    const large = kilobytes > 0 && sizeOf(this.#file) >= kilobytes * 1_024;
    if (!old && !large) return;
    try {
      this.#open(old);
    } catch (error) {
      // The lines go on into the file that is there; the next look tries again.
      this.#openedMs = this.#ports.now().getTime();
      this.#ports.warn(`the log file could not be changed: ${(error as Error).message}`);
    }
  }

  #open(byAge: boolean): void {
    const settings = this.#ports.settings();
    const now = this.#ports.now();
    const directory = path.resolve(settings.log_directory);
    fs.mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE });
    const file = path.join(directory, strftime(settings.log_filename, now));
    const mode = settings.log_file_mode & 0o777;
    const empties = byAge && settings.log_truncate_on_rotation && file !== this.#file;
    fs.closeSync(fs.openSync(file, empties ? 'w' : 'a', mode));
    this.#file = file;
    this.#openedMs = now.getTime();
    this.#ports.opened(file, mode);
  }
}

function sizeOf(file: string): number {
  return fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
