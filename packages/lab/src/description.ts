import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Account } from './account.ts';
import type { PgBinaries } from './binaries.ts';
import { errnoOf, explainWrite, LabError } from './errors.ts';
import { processState } from './procfs.ts';

/** `lab.json`: all that is needed to open a lab again, without its secrets. It is written before anything else is made
 *  (`creating`), so that a half-made lab is recognised and everything it made is known. */
export interface Description {
  readonly format: 1;
  readonly state: 'creating' | 'ready';
  readonly creator: { readonly pid: number; readonly startTime: number };
  readonly dataRoot: string;
  readonly socketDir: string;
  readonly account: Account | null;
  readonly binaries: PgBinaries;
  readonly settings: Readonly<Record<string, string>>;
  readonly auth: 'scram-sha-256' | 'md5' | 'trust';
  readonly database: string;
  readonly nodes: readonly { readonly id: number; readonly host: string; readonly port: number }[];
  /** Ephemeral labs keep nothing that is worth a careful stop. */
  readonly ephemeral: boolean;
}

const pathOf = (dir: string): string => join(dir, 'lab.json');

export function readDescription(dir: string): Description | undefined {
  let text: string;
  try {
    text = readFileSync(pathOf(dir), 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw new LabError('LAB_UNREADABLE', `cannot read ${pathOf(dir)}.`, 'Run this as the account that made the lab.', {
      cause: error,
    });
  }
  try {
    const found = JSON.parse(text) as Description;
    if (found.format === 1 && Array.isArray(found.nodes)) return found;
  } catch {
    // Said below.
  }
  throw new LabError('LAB_UNREADABLE', `${pathOf(dir)} is not a description of a lab.`, `Remove ${dir} by hand.`);
}

/** The first write refuses to replace another's: of two creators one wins. */
export function writeDescription(dir: string, description: Description, first = false): void {
  const text = `${JSON.stringify(description, null, 2)}\n`;
  try {
    if (first) {
      writeFileSync(pathOf(dir), text, { flag: 'wx', mode: 0o644 });
    } else {
      writeFileSync(`${pathOf(dir)}.new`, text, { mode: 0o644 });
      renameSync(`${pathOf(dir)}.new`, pathOf(dir));
    }
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') throw busy(dir);
    throw explainWrite(error, dir);
  }
}

export function removeDescription(dir: string): void {
  rmSync(pathOf(dir), { force: true });
  rmSync(`${pathOf(dir)}.new`, { force: true });
}

export function thisProcess(): Description['creator'] {
  return { pid: process.pid, startTime: processState(process.pid)?.startTime ?? 0 };
}

export function creatorLives(description: Description): boolean {
  return processState(description.creator.pid)?.startTime === description.creator.startTime;
}

export function busy(dir: string): LabError {
  return new LabError(
    'LAB_BUSY',
    `another process is making a lab in ${dir}.`,
    'Wait for it, or choose another --dir.',
  );
}
