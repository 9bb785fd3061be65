/** Equal strings kept once: thousands of idle clients share a few users, databases and start-up packets. */
const known = new Map<string, string>();
const KNOWN_MAX = 10_000;

export function intern(text: string): string {
  const kept = known.get(text);
  if (kept !== undefined) return kept;
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(text, text);
  return text;
}
