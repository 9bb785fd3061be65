/** The console's database: SQLite in a file by default, PostgreSQL by DATABASE_URL. One interface for both. */
import { createClient } from '@libsql/client';
import pg from 'pg';
import type { PrismaClient as SqliteClient } from '../../../generated/sqlite/client.ts';
import { migrate, type Runner } from './migrate.ts';
import { healSqlite } from './sqlite-file.ts';

/** Both generated clients have the same models; SQLite's types stand for both. */
export type Prisma = SqliteClient;

export interface Database {
  readonly provider: 'sqlite' | 'postgresql';
  readonly prisma: Prisma;
  /** Migrations that this start has applied. */
  readonly applied: readonly string[];
  /** What had to be done to open it: a sentence for people, or null. */
  readonly healed: string | null;
  close(): Promise<void>;
}

const CONNECT_LIMIT_MS = 10_000;

/** @throws Error with a sentence when it cannot be opened; nothing is left half-migrated */
export async function openDatabase(url: string, migrationsRoot: string): Promise<Database> {
  return /^postgres(ql)?:/.test(url) ? openPostgres(url, migrationsRoot) : openSqlite(url, migrationsRoot);
}

async function openSqlite(url: string, migrationsRoot: string): Promise<Database> {
  const file = url.replace(/^file:(\/\/)?/, '');
  const healed = await healSqlite(file);
  const [{ PrismaLibSql }, { PrismaClient }] = await Promise.all([
    import('@prisma/adapter-libsql'),
    import('../../../generated/sqlite/client.ts'),
  ]);
  const client = createClient({ url: `file:${file}` });
  let applied: string[];
  try {
    await client.executeMultiple('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;');
    const runner: Runner = {
      script: (sql) => client.executeMultiple(sql),
      rows: async (sql) => (await client.execute(sql)).rows.map((row) => Object.values(row)),
    };
    applied = await migrate(runner, `${migrationsRoot}/sqlite/migrations`, file);
  } finally {
    client.close();
  }
  const adapter = new PrismaLibSql({ url: `file:${file}`, intMode: 'bigint', timeout: 5_000 });
  const prisma = new PrismaClient({ adapter });
  await prisma.$connect();
  return { provider: 'sqlite', prisma, applied, healed, close: () => prisma.$disconnect() };
}

async function openPostgres(url: string, migrationsRoot: string): Promise<Database> {
  const [{ PrismaPg }, { PrismaClient }] = await Promise.all([
    import('@prisma/adapter-pg'),
    import('../../../generated/postgresql/client.ts'),
  ]);
  // One connection for the advisory lock and all that happens under it.
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_LIMIT_MS });
  let applied: string[];
  try {
    await client.connect();
    const runner: Runner = {
      script: (sql) => client.query(sql),
      rows: async (sql) => (await client.query({ text: sql, rowMode: 'array' })).rows as unknown[][],
    };
    applied = await migrate(runner, `${migrationsRoot}/postgresql/migrations`, null);
  } finally {
    await client.end().catch(() => {});
  }
  const adapter = new PrismaPg({ connectionString: url, max: 8, connectionTimeoutMillis: CONNECT_LIMIT_MS });
  const prisma = new PrismaClient({ adapter }) as unknown as Prisma;
  await prisma.$connect();
  return { provider: 'postgresql', prisma, applied, healed: null, close: () => prisma.$disconnect() };
}
