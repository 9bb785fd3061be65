/** The one place in which the engine's tests read the environment. CI runs the short forms; each of these asks for more. */

function count(name: string, short: number): number {
  const given = Number(process.env[name] ?? '');
  return Number.isFinite(given) && given > 0 ? given : short;
}

export const env = {
  /** For child processes. */
  inherited: process.env,
  /** PGHERD_SOAK=1: also the tests that take minutes or gigabytes. */
  soak: process.env['PGHERD_SOAK'] === '1',
  /** Messages of each fuzz run. */
  fuzzMessages: (short: number): number => count('PGHERD_FUZZ_MESSAGES', short),
  /** A failed run names its seed; this repeats it. */
  fuzzSeed: (): number => count('PGHERD_FUZZ_SEED', (Date.now() % 1_000_000) + 1),
  /** Replies that the nonce oracle compares. */
  oracleReplies: (short: number): number => count('PGHERD_ORACLE_REPLIES', short),
  /** Writes that are read back by the session that wrote. */
  ownWrites: (short: number): number => count('PGHERD_OWN_WRITES', short),
  /** Sessions that are played through pgherd and directly, for each way of playing them. */
  sameSessions: (short: number): number => count('PGHERD_SAME_SESSIONS', short),
  /** Primaries that are killed. */
  failovers: (short: number): number => count('PGHERD_FAILOVERS', short),
  /** Switchovers under load. */
  switchovers: (short: number): number => count('PGHERD_SWITCHOVERS', short),
  /** Idle clients of the memory test. */
  idleClients: (short: number): number => count('PGHERD_IDLE_CLIENTS', short),
};
