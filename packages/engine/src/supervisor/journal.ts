/**
 * The event journal: every change of the herd with its cause, kept in memory for watchers and in
 * `work_dir/pgherd_events.jsonl` over restarts. The file is turned over at a megabyte; one older one is kept.
 */
import fs from 'node:fs';
import path from 'node:path';
import { type HerdEvent, herdEventSchema } from '@pgherd/operations';

const KEPT = 1_000;
const FILE_BYTES_MAX = 1024 * 1024;

export class Journal {
  private readonly file: string;
  private readonly warn: (message: string) => void;
  private readonly events: HerdEvent[] = [];
  private readonly listeners = new Set<(event: HerdEvent) => void>();
  private seq = 0;
  private bytes = 0;
  private broken = false;

  constructor(workDir: string, warn: (message: string) => void) {
    this.file = path.join(workDir, 'pgherd_events.jsonl');
    this.warn = warn;
    this.read();
  }

  private read(): void {
    let text = '';
    try {
      text = fs.readFileSync(this.file, 'utf8');
    } catch {
      return; // the first start here
    }
    this.bytes = Buffer.byteLength(text);
    for (const line of text.split('\n').slice(-KEPT - 1)) {
      try {
        if (line !== '') this.events.push(herdEventSchema.parse(JSON.parse(line)));
      } catch {
        // A line that a crash cut short.
      }
    }
    this.seq = this.events.at(-1)?.seq ?? 0;
  }

  add(event: Omit<HerdEvent, 'seq' | 'at'>): HerdEvent {
    const entry: HerdEvent = { seq: ++this.seq, at: new Date().toISOString(), ...event };
    this.events.push(entry);
    if (this.events.length > KEPT) this.events.shift();
    this.write(entry);
    for (const listener of this.listeners) listener(entry);
    return entry;
  }

  private write(entry: HerdEvent): void {
    const line = `${JSON.stringify(entry)}\n`;
    try {
      if (this.bytes > FILE_BYTES_MAX) {
        fs.renameSync(this.file, `${this.file}.1`);
        this.bytes = 0;
      }
      fs.appendFileSync(this.file, line, { mode: 0o600 });
      this.bytes += Buffer.byteLength(line);
      this.broken = false;
    } catch (error) {
      if (!this.broken) this.warn(`could not write "${this.file}": ${(error as Error).message}`);
      this.broken = true;
    }
  }

  /** Newest last. */
  since(seq: number): readonly HerdEvent[] {
    return this.events.filter((event) => event.seq > seq);
  }

  watch(listener: (event: HerdEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
