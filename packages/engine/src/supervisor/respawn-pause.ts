const FIRST_MS = 100;
const MAX_MS = 5_000;

/**
 * How long a worker's successor waits.
 * @param failures workers in a row at this place that ended before they could serve; 0 after one that served
 */
export function respawnPauseMs(failures: number): number {
  return Math.min(MAX_MS, FIRST_MS * 2 ** Math.max(0, failures - 1));
}
