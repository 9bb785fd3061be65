/** What the kernel knows of a process (Linux). */
import fs from 'node:fs';

export function isAlive(pid: number): boolean {
  try {
    // A zombie has ended; only its parent has not looked yet.
    return !/^\d+ \(.*\) Z /s.test(fs.readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

export function childrenOf(pid: number): number[] {
  try {
    return fs
      .readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1')
      .split(' ')
      .filter((word) => word !== '')
      .map(Number);
  } catch {
    return [];
  }
}

/** The name of its program; empty when it is gone. */
export function nameOf(pid: number): string {
  try {
    return fs.readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}

export function openFiles(pid: number): number {
  return fs.readdirSync(`/proc/${pid}/fd`).length;
}

export function rssBytes(pid: number): number {
  return field(`/proc/${pid}/status`, 'VmRSS');
}

/** Shared pages count by their share: what this process costs the machine. */
export function pssBytes(pid: number): number {
  return field(`/proc/${pid}/smaps_rollup`, 'Pss');
}

function field(file: string, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(fs.readFileSync(file, 'latin1'));
  if (found === null) throw new Error(`${file} has no ${name}`);
  return Number(found[1]) * 1024;
}
