/** Which lines are shown. Pure. */
import type { LogLine } from '../../../shared/live/topics.ts';
import type { LogLine as ShownLine } from '../../ui/log-view.tsx';

/** In the order of log_min_messages, as the engines have them; their package would bring its schemas along. */
export const LEVELS: readonly string[] = [
  ...['debug5', 'debug4', 'debug3', 'debug2', 'debug1'],
  ...['info', 'notice', 'warning', 'error', 'log', 'fatal', 'panic'],
];

export interface LogFilter {
  /** Words, or a pattern between slashes. */
  readonly q: string;
  readonly level: string;
  readonly process: string;
  readonly proxy: string;
}

/** A pattern between slashes; null: it is not one, or not a right one. */
export function patternOf(q: string): RegExp | null {
  const inside = /^\/(.+)\/$/.exec(q.trim())?.[1];
  if (inside === undefined) return null;
  try {
    return new RegExp(inside, 'i');
  } catch {
    return null;
  }
}

export const isBadPattern = (q: string): boolean => /^\/.+\/$/.test(q.trim()) && patternOf(q) === null;

/** In the order of their time: processes and proxies tell theirs in parts, so lines come a little out of it. */
export function filterLines(all: readonly LogLine[], { q, level, process, proxy }: LogFilter): readonly LogLine[] {
  const least = level === '' ? 0 : LEVELS.indexOf(level);
  const pattern = patternOf(q);
  const words = pattern === null ? q.toLowerCase().split(/\s+/).filter(Boolean) : [];
  const shown = all.filter((line) => {
    if (least > 0 && LEVELS.indexOf(line.level) < least) return false;
    if (process !== '' && line.process !== process) return false;
    if (proxy !== '' && line.proxy !== proxy) return false;
    if (pattern !== null) return pattern.test(line.text);
    if (words.length === 0) return true;
    const text = `${line.text} ${line.pid}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return shown.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

const SHOWN: Readonly<Record<string, ShownLine['level']>> = {
  notice: 'notice',
  warning: 'warning',
  error: 'error',
  fatal: 'error',
  panic: 'error',
};
export const shownLevel = (level: string): ShownLine['level'] =>
  SHOWN[level] ?? (level.startsWith('debug') ? 'debug' : 'info');

/** The node that a line is about, by its words; null: none is named. */
export const nodeIn = (text: string): number | null => {
  const found = /\bnode (\d+)\b/i.exec(text)?.[1];
  return found === undefined ? null : Number(found);
};
