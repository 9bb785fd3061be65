/**
 * Applies migrations at start, over Prisma's own layout, table and checksums, so that `prisma migrate status` agrees. A
 * migration of SQLite is not transactional: its file is copied first.
 */
import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/** One connection. Prisma's own adapters cut a script at each semicolon, also within a string: theirs is not used here. */
export interface Runner {
  script(sql: string): Promise<unknown>;
  rows(sql: string): Promise<readonly (readonly unknown[])[]>;
}

export class MigrationError extends Error {
  readonly code = 'MIGRATION';
}

/** Any number that no other program of this database uses. */
const ADVISORY_LOCK = 72_707_369;

const ignore = (): void => {};

interface Found {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/** @returns the names of what was applied @throws MigrationError */
export async function migrate(runner: Runner, folder: string, sqliteFile: string | null): Promise<string[]> {
  const postgres = sqliteFile === null;
  if (postgres) await runner.script(`SELECT pg_advisory_lock(${ADVISORY_LOCK})`);
  try {
    await runner.script(bookTable(postgres));
    const done = await applied(runner);
    const wanted = migrationsIn(folder);
    refuseUnknown(done, wanted);
    const missing = wanted.filter(({ name, checksum }) => {
      const before = done.get(name);
      if (before === undefined) return true;
      if (!before.finished)
        throw new MigrationError(`Migration ${name} was begun and did not end: restore the copy beside the database.`);
      if (before.checksum !== checksum) throw new MigrationError(`Migration ${name} is not the one that was applied.`);
      return false;
    });
    if (missing.length > 0 && sqliteFile !== null && done.size > 0) copyBefore(sqliteFile, missing[0]?.name ?? '');
    for (const migration of missing) await apply(runner, migration, postgres);
    return missing.map(({ name }) => name);
  } finally {
    // The end of the connection gives it back as well: after a failure nothing else can be said on it.
    if (postgres) await runner.script(`SELECT pg_advisory_unlock(${ADVISORY_LOCK})`).then(ignore, ignore);
  }
}

function bookTable(postgres: boolean): string {
  const [time, now] = postgres ? ['TIMESTAMPTZ', 'now()'] : ['DATETIME', 'current_timestamp'];
  return `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    "id" VARCHAR(36) PRIMARY KEY NOT NULL, "checksum" VARCHAR(64) NOT NULL, "finished_at" ${time},
    "migration_name" VARCHAR(255) NOT NULL, "logs" TEXT, "rolled_back_at" ${time},
    "started_at" ${time} NOT NULL DEFAULT ${now}, "applied_steps_count" INTEGER NOT NULL DEFAULT 0)`;
}

async function applied(runner: Runner): Promise<Map<string, { checksum: string; finished: boolean }>> {
  const sql = 'SELECT migration_name, checksum, finished_at FROM "_prisma_migrations" WHERE rolled_back_at IS NULL';
  const rows = await runner.rows(sql);
  return new Map(rows.map((row) => [String(row[0]), { checksum: String(row[1]), finished: row[2] !== null }]));
}

function migrationsIn(folder: string): Found[] {
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const sql = fs.readFileSync(path.join(folder, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A database that a newer console has migrated is not touched. */
function refuseUnknown(done: ReadonlyMap<string, unknown>, wanted: readonly Found[]): void {
  const known = new Set(wanted.map(({ name }) => name));
  const unknown = [...done.keys()].filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new MigrationError(`The database was made by a newer console (${unknown.join(', ')}): start that one.`);
  }
}

function copyBefore(file: string, name: string): void {
  if (fs.existsSync(file)) fs.copyFileSync(file, `${file}.before-${name}`);
}

async function apply(runner: Runner, { name, sql, checksum }: Found, postgres: boolean): Promise<void> {
  const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  const id = quote(randomUUID());
  const now = postgres ? 'now()' : 'current_timestamp';
  const begin = `INSERT INTO "_prisma_migrations" (id, checksum, migration_name) VALUES (${id}, ${quote(checksum)}, ${quote(name)});`;
  const end = `UPDATE "_prisma_migrations" SET finished_at = ${now}, applied_steps_count = 1 WHERE id = ${id};`;
  try {
    // PostgreSQL's DDL is transactional: all of it or nothing.
    if (postgres) {
      await runner.script(`BEGIN;\n${begin}\n${sql}\n${end}\nCOMMIT;`);
      return;
    }
    await runner.script(begin);
    await runner.script(sql);
    await runner.script(end);
  } catch (cause) {
    throw new MigrationError(`Migration ${name} failed: ${(cause as Error).message}`, { cause });
  }
}
