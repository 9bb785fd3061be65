/** The newest lines of all processes, for doors. Bounded; what a process had to leave out is counted. */
import { type LogLine, type LogPart, type LogQuestion, logLevels } from '@pgherd/operations';
import type { Entry } from './logger.ts';

const KEPT = 5_000;
/** Trimmed in blocks: removing from the front of an array moves all that follows. */
const SPARE = 500;
const TEXT_CHARS_MAX = 8_192;

export class LogRing {
  #lines: LogLine[] = [];
  #seq = 0;
  #dropped = 0;
  readonly #listeners = new Set<(line: LogLine) => void>();

  add(process: string, pid: number, entry: Entry): void {
    const line: LogLine = {
      seq: ++this.#seq,
      at: new Date(entry.atMs).toISOString(),
      level: entry.level,
      process,
      pid,
      node: nodeIn(entry.text),
      client: entry.client,
      text: cut(entry.text),
      detail: entry.detail === null ? null : cut(entry.detail),
      hint: entry.hint === null ? null : cut(entry.hint),
    };
    this.#lines.push(line);
    if (this.#lines.length >= KEPT + SPARE) this.#lines = this.#lines.slice(-KEPT);
    for (const listener of this.#listeners) listener(line);
  }

  lost(count: number): void {
    this.#dropped += count;
  }

  part({ since, limit, level, text, process, node }: LogQuestion): LogPart {
    const least = level === undefined ? 0 : logLevels.indexOf(level);
    const wanted = text?.toLowerCase() ?? '';
    const found = this.#lines.filter(
      (line) =>
        line.seq > (since ?? 0) &&
        logLevels.indexOf(line.level) >= least &&
        (wanted === '' || line.text.toLowerCase().includes(wanted) || line.detail?.toLowerCase().includes(wanted)) &&
        (process === undefined || line.process === process) &&
        (node === undefined || line.node === node),
    );
    // Whoever goes on from a number gets what came next; who just looks gets the end.
    const lines = since === undefined ? found.slice(-limit) : found.slice(0, limit);
    return { lines, first: this.#lines[0]?.seq ?? 0, last: this.#seq, dropped: this.#dropped };
  }

  watch(listener: (line: LogLine) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

const cut = (text: string): string => (text.length > TEXT_CHARS_MAX ? `${text.slice(0, TEXT_CHARS_MAX)}…` : text);

function nodeIn(text: string): number | null {
  const found = /\bnode (?:id:? ?)?(\d{1,3})\b/.exec(text)?.[1];
  return found === undefined ? null : Number(found);
}
