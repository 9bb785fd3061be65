/** What the doctor says of one thing. */

export interface Finding {
  /** What was looked at, in a word or two: `sign-in`, `primary`. */
  readonly name: string;
  readonly verdict: 'ok' | 'warn' | 'bad';
  /** One sentence: what is so. */
  readonly found: string;
  /** What to do about it; null where nothing is to be done. */
  readonly remedy: string | null;
}

export const ok = (name: string, found: string): Finding => ({ name, verdict: 'ok', found, remedy: null });
export const warn = (name: string, found: string, remedy: string): Finding => ({
  name,
  verdict: 'warn',
  found,
  remedy,
});
export const bad = (name: string, found: string, remedy: string): Finding => ({ name, verdict: 'bad', found, remedy });
