/** Equal strings kept once: thousands of idle clients share a few users, databases and start-up packets. */
const known = new Map<string, string>();
const KNOWN_MAX = 10_000;
/** A longer one is not what many clients share, and who sends it may not have signed in yet. */
const LENGTH_MAX = 1_000;

export function intern(text: string): string {
  const kept = known.get(text);
  if (kept !== undefined) return kept;
  if (text.length > LENGTH_MAX) return text;
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(text, text);
  return text;
}
