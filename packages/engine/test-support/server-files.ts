/** Files of a lab's PostgreSQL: its pg_hba.conf, its certificate. */
import fs from 'node:fs';
import path from 'node:path';
import type { PostgresNode } from '@pgherd/lab';

/** Writes a file into the data directory, as its owner. */
export function writeServerFile(node: PostgresNode, name: string, content: string): string {
  const file = path.join(node.dataDir, name);
  const { uid, gid } = fs.statSync(node.dataDir);
  fs.writeFileSync(file, content, { mode: 0o600 });
  fs.chmodSync(file, 0o600);
  fs.chownSync(file, uid, gid);
  return file;
}

/** Puts lines before those of the lab and makes them count. */
export async function addHba(node: PostgresNode, lines: readonly string[]): Promise<void> {
  const file = path.join(node.dataDir, 'pg_hba.conf');
  writeServerFile(node, 'pg_hba.conf', `${lines.join('\n')}\n${fs.readFileSync(file, 'utf8')}`);
  await node.query('SELECT pg_reload_conf()');
  const errors = await node.query('SELECT line_number, error FROM pg_hba_file_rules WHERE error IS NOT NULL');
  if (errors.length > 0) throw new Error(`pg_hba.conf: ${JSON.stringify(errors)}`);
}
