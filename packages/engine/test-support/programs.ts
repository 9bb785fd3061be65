/** PostgreSQL's own programs and psycopg2, run against a place. What is not installed says so once. */
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { embeddedBinaries, findSystemBinaries } from '@pgherd/lab';
import type { Place } from './driver-scenarios.ts';
import { env } from './env.ts';

/** Where a program is. Without it the tests that need it are skipped, and the reason is printed. */
export function program(name: string): string | null {
  const found = (env.inherited['PATH'] ?? '').split(':').find((folder) => fs.existsSync(path.join(folder, name)));
  if (found === undefined) process.stderr.write(`${name} is not installed: its tests are skipped\n`);
  return found === undefined ? null : path.join(found, name);
}

export function systemPostgres(): boolean {
  if (findSystemBinaries() !== undefined) return true;
  process.stderr.write("no PostgreSQL of the system's: the tests of pg_dump are skipped\n");
  return false;
}

/** The folder of a libpq that speaks protocol 3.2: the embedded PostgreSQL's. */
export function newestLibpq(): string | null {
  try {
    const folder = path.join(embeddedBinaries().dir, '..', 'lib');
    return fs.existsSync(path.join(folder, 'libpq.so.5')) ? folder : null;
  } catch {
    return null;
  }
}

export function newestProtocol(): Record<string, string> | null {
  const folder = newestLibpq();
  if (folder === null) {
    process.stderr.write('no libpq that speaks protocol 3.2: its tests are skipped\n');
    return null;
  }
  return { LD_LIBRARY_PATH: folder, PGMINPROTOCOLVERSION: '3.2', PGMAXPROTOCOLVERSION: '3.2' };
}

export interface Ended {
  readonly code: number | null;
  /** Both outputs, as they came. */
  readonly text: string;
}

export function run(
  name: string,
  place: Place,
  args: readonly string[],
  more: Readonly<Record<string, string>>,
  input = '',
): { ended: Promise<Ended>; kill(signal: NodeJS.Signals): void } {
  const child = spawn(name, args, {
    env: {
      ...env.inherited,
      LC_ALL: 'C',
      PGHOST: place.host,
      PGPORT: String(place.port),
      PGUSER: place.user,
      PGPASSWORD: place.password,
      PGDATABASE: place.database,
      PGCONNECT_TIMEOUT: '10',
      PSQLRC: '/dev/null',
      ...more,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, text }));
  });
  return { ended, kill: (signal) => void child.kill(signal) };
}

const PYTHON = String.raw`
import io, select, threading, psycopg2, psycopg2.extras, psycopg2.extensions
connection = psycopg2.connect('')
cursor = connection.cursor()
cursor.execute('SELECT %s, %s::int, %s::text', ('x', 42, None))
print(cursor.fetchall(), connection.status)
cursor.execute('CREATE TEMP TABLE own (a int PRIMARY KEY, b text)')
cursor.executemany('INSERT INTO own VALUES (%s, %s)', [(i, 'v%d' % i) for i in range(50)])
psycopg2.extras.execute_values(cursor, 'INSERT INTO own VALUES %s', [(i, 'w') for i in range(100, 400)])
print(cursor.rowcount)
cursor.execute('SAVEPOINT s')
for sql in ('INSERT INTO own VALUES (1)', 'SELECT 1/0', 'SELEC'):
    try:
        cursor.execute(sql)
    except psycopg2.Error as error:
        print(error.pgcode, error.diag.severity, error.diag.message_primary, error.diag.constraint_name)
        cursor.execute('ROLLBACK TO s')
named = connection.cursor('portal', withhold=False)
named.itersize = 7
named.execute('SELECT a FROM own ORDER BY a')
print(sum(row[0] for row in named))
named.close()
cursor.copy_expert('COPY own FROM STDIN', io.StringIO('900\tnine\n901\t\\N\n'))
out = io.StringIO()
cursor.copy_expert('COPY (SELECT * FROM own WHERE a > 398 ORDER BY a) TO STDOUT', out)
print(repr(out.getvalue()))
connection.commit()
big = connection.lobject(0, 'wb')
big.write(b'large ' * 20000)
oid = big.oid
big.close()
print(len(connection.lobject(oid, 'rb').read()))
connection.lobject(oid).unlink()
connection.rollback()
connection.set_isolation_level(psycopg2.extensions.ISOLATION_LEVEL_AUTOCOMMIT)
cursor.execute('LISTEN python')
cursor.execute("NOTIFY python, 'hello'")
while not connection.notifies:
    select.select([connection], [], [], 10)
    connection.poll()
print([(n.channel, n.payload) for n in connection.notifies])
done = threading.Event()
def cancel():
    while not done.wait(0.02):
        connection.cancel()
thread = threading.Thread(target=cancel)
thread.start()
try:
    cursor.execute('SELECT pg_sleep(60)')
except psycopg2.Error as error:
    print(error.pgcode)
done.set()
thread.join()
cursor.execute("DO $$BEGIN RAISE NOTICE 'noted'; END$$")
print(connection.notices[-1:])
connection.close()
try:
    psycopg2.connect(dbname='nowhere')
except psycopg2.OperationalError as error:
    print(str(error).strip().split('FATAL:')[-1])
`;

export function hasPsycopg(): boolean {
  try {
    execFileSync('python3', ['-c', 'import psycopg2'], { stdio: 'ignore' });
    return true;
  } catch {
    process.stderr.write('python3 with psycopg2 is not installed: its test is skipped\n');
    return false;
  }
}

export const python = (place: Place): Promise<Ended> => run('python3', place, ['-c', PYTHON], {}).ended;

export function psql(
  place: Place,
  args: readonly string[],
  script: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const text = script.replace(/^ +/gm, '');
  // Errors go where answers go, so that their order is the same each time.
  return run('sh', place, ['-c', 'exec psql "$@" 2>&1', 'psql', ...args], more, text).ended;
}
