/** `work_dir/pgpool_status`: one line for each backend, kept over restarts. */
import fs from 'node:fs';
import path from 'node:path';

export type StoredStatus = 'up' | 'down' | 'unused';

export const statusFile = (workDir: string): string => path.join(workDir, 'pgpool_status');

/** By node id. @returns null when there is none, or when it says that no node is up: then it is not believed */
export function readStatusFile(file: string): StoredStatus[] | null {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch {
    return null;
  }
  const lines = text.split('\n').map((line) => line.trim().toLowerCase());
  if (lines.at(-1) === '') lines.pop();
  const statuses = lines.map((line): StoredStatus => (line === 'up' || line === 'down' ? line : 'unused'));
  return statuses.includes('up') ? statuses : null;
}

/** Whole or not at all; not written when no node is up. @param attached by node id; a gap is an unused slot */
export function writeStatusFile(file: string, attached: ReadonlyMap<number, boolean>): void {
  if (![...attached.values()].includes(true)) return;
  const count = Math.max(...attached.keys()) + 1;
  const lines = Array.from({ length: count }, (_, id) => {
    const up = attached.get(id);
    return up === undefined ? 'unused' : up ? 'up' : 'down';
  });
  const draft = `${file}.new`;
  fs.writeFileSync(draft, `${lines.join('\n')}\n`);
  fs.renameSync(draft, file);
}
