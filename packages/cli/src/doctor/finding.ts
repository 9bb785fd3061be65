/** What the doctor says of one thing. */
import type { Wish } from '@pgherd/operations';

export interface Finding {
  /** What was looked at, in a word or two: `sign-in`, `primary`. */
  readonly name: string;
  readonly verdict: 'ok' | 'warn' | 'bad';
  /** One sentence: what is so. */
  readonly found: string;
  /** What to do about it; null where nothing is to be done. */
  readonly remedy: string | null;
  /** The node that it is about. */
  readonly node?: number;
  /** The act that would help. */
  readonly wish?: Wish;
}

type About = Pick<Finding, 'node' | 'wish'>;

export const ok = (name: string, found: string): Finding => ({ name, verdict: 'ok', found, remedy: null });
export const warn = (name: string, found: string, remedy: string, about: About = {}): Finding => ({
  name,
  verdict: 'warn',
  found,
  remedy,
  ...about,
});
export const bad = (name: string, found: string, remedy: string, about: About = {}): Finding => ({
  name,
  verdict: 'bad',
  found,
  remedy,
  ...about,
});
