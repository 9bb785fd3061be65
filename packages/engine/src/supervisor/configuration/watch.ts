/** Looks at the files once a second while somebody watches, and tells when something of the three of drift changed. */
import fs from 'node:fs';
import type { ConfigurationState } from '@pgherd/operations';
import type { FilePaths } from '../files.ts';
import type { ConfigurationDesk } from './desk.ts';

const LOOK_MS = 1_000;
/** A file may change without another time of change or size; that costs reading it. */
const READ_EVERY = 15;

export class ConfigurationWatch {
  readonly #desk: ConfigurationDesk;
  readonly #listeners = new Set<(state: ConfigurationState) => void>();
  #timer: NodeJS.Timeout | null = null;
  #end: (() => void) | null = null;
  #stamp = '';
  #told = '';
  #looks = 0;

  constructor(desk: ConfigurationDesk) {
    this.#desk = desk;
  }

  watch(listener: (state: ConfigurationState) => void): () => void {
    if (this.#listeners.size === 0) this.#begin();
    else this.#tell(); // what the others have not heard yet
    this.#listeners.add(listener);
    const state = this.#desk.state();
    this.#told = JSON.stringify(state);
    listener(state);
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.stop();
    };
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#end?.();
    this.#end = null;
  }

  #begin(): void {
    this.#stamp = fileStamp(this.#desk.ports.paths);
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#timer.unref();
    this.#end = this.#desk.onChange(() => this.#tell());
  }

  #look(): void {
    const stamp = fileStamp(this.#desk.ports.paths);
    const due = ++this.#looks % READ_EVERY === 0;
    if (stamp === this.#stamp && !due) return;
    this.#stamp = stamp;
    this.#tell();
  }

  #tell(): void {
    const state = this.#desk.state();
    const text = JSON.stringify(state);
    if (text === this.#told) return;
    this.#told = text;
    for (const listener of [...this.#listeners]) listener(state);
  }
}

/** Changes with the files. */
export function fileStamp({ config, hba }: FilePaths): string {
  return [config, hba]
    .map((file) => fs.statSync(file, { throwIfNoEntry: false, bigint: true }))
    .map((stat) => (stat === undefined ? '-' : `${stat.ino}:${stat.mtimeNs}:${stat.ctimeNs}:${stat.size}:${stat.mode}`))
    .join(' ');
}
