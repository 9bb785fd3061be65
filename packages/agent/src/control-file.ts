/**
 * `global/pg_control`: what pg_controldata would print, for hosts that lack that program. The fields read here have had the
 * same places since PostgreSQL 13. Layout (native byte order, here little-endian): 0 system identifier (8), 8 control version
 * (4), 12 catalog version (4), 16 state (4), 24 time (8), 32 latest checkpoint (8), 40 its redo position (8), 48 its timeline
 * (4).
 */
import fs from 'node:fs';
import path from 'node:path';

export interface ControlFile {
  readonly systemIdentifier: string;
  /** pg_controldata's words. */
  readonly state: string;
  readonly timeline: number;
  readonly checkpoint: bigint;
}

const STATES = [
  'starting up',
  'shut down',
  'shut down in recovery',
  'shutting down',
  'in crash recovery',
  'in archive recovery',
  'in production',
] as const;
const OLDEST_VERSION = 1300;
const BYTES_READ = 52;

/** @returns null when there is no data directory; @throws Error for one that cannot be read as such */
export function readControlFile(dataDirectory: string): ControlFile | null {
  let bytes: Buffer;
  try {
    bytes = fs.readFileSync(path.join(dataDirectory, 'global', 'pg_control'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  if (bytes.length < BYTES_READ || bytes.readUInt32LE(8) < OLDEST_VERSION) {
    throw new Error(`"${dataDirectory}" is not a data directory of PostgreSQL 13 or later`);
  }
  return {
    systemIdentifier: bytes.readBigUInt64LE(0).toString(),
    state: STATES[bytes.readUInt32LE(16)] ?? 'unrecognized',
    timeline: bytes.readUInt32LE(48),
    checkpoint: bytes.readBigUInt64LE(32),
  };
}
