/**
 * The SQLite file as a file: is it sound, and what if not. A corrupt one is put aside and the last good copy takes its place;
 * without a copy the console begins anew. Engines never notice.
 */
import fs from 'node:fs';
import path from 'node:path';
import { createClient } from '@libsql/client';

const SIDES = ['', '-wal', '-shm', '-journal'] as const;
export const backupOf = (file: string): string => `${file}.backup`;

/** @returns what was done, as a sentence; null when the file is sound or is not there yet */
export async function healSqlite(file: string): Promise<string | null> {
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  if (!fs.existsSync(file)) {
    if (!(await isSound(backupOf(file)))) return null;
    fs.copyFileSync(backupOf(file), file);
    return `The database file was missing; the copy of ${ageOf(backupOf(file))} took its place.`;
  }
  if (await isSound(file)) return null;
  const aside = `${file}.corrupt-${new Date().toISOString().replaceAll(':', '')}`;
  for (const side of SIDES) if (fs.existsSync(file + side)) fs.renameSync(file + side, aside + side);
  if (await isSound(backupOf(file))) {
    fs.copyFileSync(backupOf(file), file);
    return `The database file was corrupt and lies beside as ${path.basename(aside)}; the copy of ${ageOf(backupOf(file))} took its place.`;
  }
  return `The database file was corrupt and lies beside as ${path.basename(aside)}; there is no copy, so the console begins anew.`;
}

/** Writes a copy that is whole at any moment. @throws when the disk is full: the copy before stays */
export async function backUpSqlite(file: string): Promise<void> {
  const next = `${backupOf(file)}.next`;
  fs.rmSync(next, { force: true });
  const client = createClient({ url: `file:${file}` });
  try {
    await client.execute({ sql: 'VACUUM INTO ?', args: [next] });
  } finally {
    client.close();
  }
  fs.chmodSync(next, 0o600);
  fs.renameSync(next, backupOf(file));
}

async function isSound(file: string): Promise<boolean> {
  if (!fs.existsSync(file)) return false;
  if (fs.statSync(file).size === 0) return true;
  let client: ReturnType<typeof createClient> | null = null;
  try {
    client = createClient({ url: `file:${file}` });
    const { rows } = await client.execute('PRAGMA quick_check(1)');
    return String(rows[0]?.[0]) === 'ok';
  } catch (error) {
    // Busy or unreadable is not corrupt: the file is left alone.
    return !/SQLITE_CORRUPT|SQLITE_NOTADB|not a database|malformed/i.test(
      `${(error as { code?: string }).code} ${(error as Error).message}`,
    );
  } finally {
    client?.close();
  }
}

const ageOf = (file: string): string => fs.statSync(file).mtime.toISOString();
