/**
 * The text of a field whose value comes back late. A filter lives in the address, which Next hands back in a transition of its
 * own: a field that only shows what came back forgets the keys that were pressed meanwhile.
 */
export interface TypedText {
  /** What the field shows. */
  readonly text: string;
  /** The value that came from outside last. */
  readonly seen: string;
  /** Values that were sent and have not come back, oldest first. */
  readonly sent: readonly string[];
}

export const typedText = (value: string): TypedText => ({ text: value, seen: value, sent: [] });

export const type = (now: TypedText, text: string): TypedText =>
  text === now.text ? now : { ...now, text, sent: [...now.sent, text] };

/** A value from outside: an echo of what was typed leaves the field alone, anything else (Back, "clear all") replaces its text. */
export function receive(now: TypedText, value: string): TypedText {
  if (value === now.seen) return now;
  const echo = now.sent.indexOf(value);
  return echo < 0 ? typedText(value) : { ...now, seen: value, sent: now.sent.slice(echo + 1) };
}
