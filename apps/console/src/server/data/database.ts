/** The console's database: SQLite in a file by default, PostgreSQL by DATABASE_URL. One interface for both. */
import type { SqlDriverAdapter } from '@prisma/driver-adapter-utils';
import type { PrismaClient as SqliteClient } from '../../../generated/sqlite/client.ts';
import { migrate } from './migrate.ts';
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
  const adapter = new PrismaLibSql({ url: `file:${file}`, intMode: 'bigint', timeout: 5_000 });
  const applied = await withDriver(adapter, async (driver) => {
    await driver.executeScript('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    return migrate(driver, `${migrationsRoot}/sqlite/migrations`, file);
  });
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
  const single = new PrismaPg({ connectionString: url, max: 1, connectionTimeoutMillis: 10_000 });
  const applied = await withDriver(single, (driver) =>
    migrate(driver, `${migrationsRoot}/postgresql/migrations`, null),
  );
  const adapter = new PrismaPg({ connectionString: url, max: 8, connectionTimeoutMillis: 10_000 });
  const prisma = new PrismaClient({ adapter }) as unknown as Prisma;
  await prisma.$connect();
  return { provider: 'postgresql', prisma, applied, healed: null, close: () => prisma.$disconnect() };
}

async function withDriver<T>(
  factory: { connect(): Promise<SqlDriverAdapter> },
  work: (driver: SqlDriverAdapter) => Promise<T>,
): Promise<T> {
  const driver = await factory.connect();
  try {
    return await work(driver);
  } finally {
    await driver.dispose();
  }
}
