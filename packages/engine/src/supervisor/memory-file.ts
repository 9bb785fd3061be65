/**
 * `work_dir/pgherd_herd.json`: what the herd's brain has to know again after a kill -9. Replaced as a whole and brought to the
 * disk before what it announces is done; a file that is torn or was edited is not believed.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { HerdMemory } from '@pgherd/cluster';

const FORMAT = 1;

/** Nodes whose place another one took, as an engine that does not run has left it. @param workDir of its configuration */
export function replacedNodes(workDir: string): readonly number[] {
  return new MemoryFile(workDir, () => {}).read()?.replaced ?? [];
}

export class MemoryFile {
  private readonly file: string;
  private readonly warn: (message: string) => void;
  private broken = false;

  constructor(workDir: string, warn: (message: string) => void) {
    this.file = path.join(workDir, 'pgherd_herd.json');
    this.warn = warn;
  }

  /** @returns null when there is none, or none that can be believed */
  read(): HerdMemory | null {
    let text: string;
    try {
      text = fs.readFileSync(this.file, 'utf8');
    } catch {
      return null; // the first start here
    }
    try {
      const { format, sum, memory } = JSON.parse(text) as { format: unknown; sum: unknown; memory: unknown };
      if (format === FORMAT && sum === sumOf(JSON.stringify(memory))) return memory as HerdMemory;
    } catch {
      // As one whose sum is wrong.
    }
    this.warn(`"${this.file}" is damaged, or was written by another version: it is not believed`);
    return null;
  }

  /** A disk that is full does not keep a failover from happening: it is said once. */
  write(memory: HerdMemory): void {
    const body = JSON.stringify(memory);
    const draft = `${this.file}.new`;
    try {
      const fd = fs.openSync(draft, 'w', 0o600);
      try {
        fs.writeSync(fd, `{"format":${FORMAT},"sum":"${sumOf(body)}","memory":${body}}\n`);
        fs.fsyncSync(fd);
      } finally {
        fs.closeSync(fd);
      }
      fs.renameSync(draft, this.file);
      const directory = fs.openSync(path.dirname(this.file), 'r');
      fs.fsyncSync(directory); // the rename, too, outlives a power cut
      fs.closeSync(directory);
      this.broken = false;
    } catch (error) {
      if (!this.broken) this.warn(`could not write "${this.file}": ${(error as Error).message}`);
      this.broken = true;
    }
  }
}

const sumOf = (body: string): string => createHash('sha256').update(body).digest('hex');

/** What "-D" leaves of it: everything is found out anew, but no epoch is used twice. */
export const onlyEpoch = ({ epoch }: HerdMemory): HerdMemory => ({
  epoch,
  systemIdentifier: null,
  last: null,
  replaced: [],
  promoted: null,
  fork: null,
  left: [],
  failovers: [],
  returning: null,
  act: null,
});
