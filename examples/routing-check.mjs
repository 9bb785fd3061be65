#!/usr/bin/env node
/**
 * Where do statements go? Writes, transactions and reads through one proxy or several, and how many reads each server
 * answered. Makes a table and a function of its own and drops them.
 *
 *     node examples/routing-check.mjs postgres://user:password@proxy:9999/database
 *     node examples/routing-check.mjs --reads 5000 --sessions 50 postgres://…@proxy1:9999/db postgres://…@proxy2:9999/db
 *
 * Works with any PostgreSQL proxy, or a server itself.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const USAGE = `usage: node examples/routing-check.mjs [--reads N] [--sessions N] URI [URI ...]

  --reads N     reads through each URI (1000)
  --sessions N  connections that they are spread over (10): unless statement_level_load_balance
                is on, one session reads from one server
  --help        this text

Exit code: 0 all as it should be, 1 a check failed, 2 wrong arguments, 3 the check could not be made.
`;
const EXIT = { fine: 0, failed: 1, usage: 2, impossible: 3 };
/** How long a row may take to be seen by reads where nobody asked for read-your-writes. */
const SEEN_WITHIN_MS = 5_000;
const CONNECT_LIMIT_MS = 10_000;
const STATEMENT_LIMIT_MS = 30_000;

/** A check that found something wrong. */
class CheckFailed extends Error {}
/** The check cannot be made here. */
class Impossible extends Error {}

const say = (line) => process.stdout.write(`${line}\n`);

function argumentsOf(argv) {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      reads: { type: 'string', default: '1000' },
      sessions: { type: 'string', default: '10' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const count = (name) => {
    const text = values[name];
    if (!/^[1-9]\d{0,6}$/.test(text)) throw new Error(`--${name} needs a number from 1 to 9999999, not "${text}"`);
    return Number(text);
  };
  const asked = { help: values.help, uris: positionals, reads: count('reads'), sessions: count('sessions') };
  if (asked.help) return asked;
  if (positionals.length === 0) throw new Error('a connection URI is missing');
  for (const uri of positionals) {
    if (!/^postgres(ql)?:\/\//.test(uri)) throw new Error(`"${uri}" is not a postgres:// URI`);
  }
  return asked;
}

/** The URI without its password. */
function shown(uri) {
  try {
    const url = new URL(uri);
    url.password = '';
    url.searchParams.delete('password');
    return url.href;
  } catch {
    return uri.replace(/:[^:@/]*@/, '@');
  }
}

async function driver() {
  try {
    const { default: pg } = await import('pg');
    return pg;
  } catch {
    throw new Impossible('the package "pg" (node-postgres) is not installed here: npm install pg');
  }
}

async function connect(pg, uri) {
  const client = new pg.Client({
    connectionString: uri,
    application_name: 'routing-check',
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    query_timeout: STATEMENT_LIMIT_MS,
  });
  client.on('error', () => {}); // told by the query that waits
  try {
    await client.connect();
  } catch (error) {
    throw new Impossible(`cannot connect to ${shown(uri)}: ${reason(error)}`);
  }
  return client;
}

/** AggregateErrors of a name with several addresses have no message of their own. */
const reason = (error) => error.message || error.errors?.map(({ message }) => message).join('; ') || String(error);

/** What one URI leads to. */
async function check(pg, uri, { reads, sessions }) {
  const name = `routing_check_${randomBytes(6).toString('hex')}`;
  const first = await connect(pg, uri);
  let made = false;
  try {
    await make(first, name);
    made = true;
    say('  ok  a table and a STABLE function were made');
    const writer = await write(first, name);
    await readBack(first, name);
    const answered = await spread(pg, uri, name, reads, sessions, first);
    show(answered, writer);
    return { writer, answered };
  } finally {
    if (made) await clean(first, name, uri);
    await first.end().catch(() => {});
  }
}

async function make(client, name) {
  try {
    // A function, because a bare SELECT inet_server_port() asks for the server of the session: a proxy may rightly send that
    // to the primary. This one counts as any read of tables does.
    await client.query(`
      CREATE TABLE ${name} (id int PRIMARY KEY, note text NOT NULL);
      CREATE FUNCTION ${name}_node() RETURNS text LANGUAGE sql STABLE AS $$
        SELECT coalesce(host(inet_server_addr()), 'local') || ':' || coalesce(inet_server_port()::text, current_setting('port'))
          || CASE WHEN pg_is_in_recovery() THEN ' standby' ELSE ' primary' END
      $$`);
  } catch (error) {
    const hint = error.code === '42501' ? '; use a user who may create tables' : '';
    throw new Impossible(`cannot make a table: ${reason(error)}${hint}`);
  }
}

/** @returns the server that writes */
async function write(client, name) {
  const node = `${name}_node()`;
  const { rows } = await client.query(`INSERT INTO ${name} VALUES (1, 'one') RETURNING id, ${node} AS node`);
  if (rows.length !== 1 || rows[0].id !== 1) throw new CheckFailed('INSERT ... RETURNING did not return its row');
  say(`  ok  INSERT ... RETURNING, at ${rows[0].node}`);
  await client.query('BEGIN');
  await client.query(`INSERT INTO ${name} VALUES ($1, $2)`, [2, 'two']);
  const inside = await client.query(`SELECT count(*)::int AS n, ${node} AS node FROM ${name}`);
  await client.query('COMMIT');
  if (inside.rows[0].n !== 2) throw new CheckFailed('a transaction does not see its own row');
  say('  ok  BEGIN, INSERT, SELECT, COMMIT: the transaction sees its row');
  return rows[0].node;
}

/** Reads until both rows are there. */
async function readBack(client, name) {
  const startedMs = performance.now();
  for (let asked = 1; ; asked++) {
    const n = await client.query(`SELECT count(*)::int AS n FROM ${name}`).then(
      ({ rows }) => rows[0].n,
      (error) => {
        if (error.code === '42P01') return 0; // the table itself has not arrived
        throw error;
      },
    );
    const ms = Math.round(performance.now() - startedMs);
    if (n === 2) {
      const how = asked === 1 ? 'at once' : `after ${ms} ms: reads may be stale here (pgherd: read_after_write)`;
      say(`  ok  SELECT sees both rows ${how}`);
      return;
    }
    if (ms > SEEN_WITHIN_MS) throw new CheckFailed(`after ${ms} ms a read still sees ${n} of 2 committed rows`);
    await pause(5);
  }
}

/** @returns how many reads each server answered */
async function spread(pg, uri, name, reads, sessions, first) {
  const answered = new Map();
  const startedMs = performance.now();
  let left = reads;
  let wrong = null;
  const session = async (known) => {
    const client = known ?? (await connect(pg, uri));
    try {
      while (left > 0 && wrong === null) {
        left--;
        const node = await ask(client, name);
        answered.set(node, (answered.get(node) ?? 0) + 1);
      }
    } catch (error) {
      wrong ??= error;
    } finally {
      if (known === null) await client.end().catch(() => {});
    }
  };
  const count = Math.min(sessions, reads);
  await Promise.all(
    Array.from({ length: count }, (_, i) => session(i === 0 ? first : null).catch((e) => (wrong ??= e))),
  );
  if (wrong !== null) {
    throw wrong instanceof Impossible ? wrong : new CheckFailed(`a read failed: ${reason(wrong)}`);
  }
  say(`  ok  ${reads} reads over ${count} sessions in ${Math.round(performance.now() - startedMs)} ms`);
  return answered;
}

async function ask(client, name) {
  const startedMs = performance.now();
  for (;;) {
    try {
      const { rows } = await client.query(`SELECT ${name}_node() AS node, count(*) FROM ${name} WHERE id = $1`, [1]);
      return rows[0].node;
    } catch (error) {
      // A standby that is behind may not have the table or the function yet.
      const missing = error.code === '42P01' || error.code === '42883';
      if (!missing || performance.now() - startedMs > SEEN_WITHIN_MS) throw error;
      await pause(5);
    }
  }
}

function show(answered, writer) {
  const all = [...answered.values()].reduce((sum, n) => sum + n, 0);
  for (const [node, n] of [...answered].sort(([, a], [, b]) => b - a)) {
    const mark = node === writer ? ', which also writes' : '';
    say(`      ${((100 * n) / all).toFixed(1).padStart(5)} %  ${String(n).padStart(7)}  ${node}${mark}`);
  }
}

async function clean(client, name, uri) {
  try {
    await client.query('ROLLBACK').catch(() => {});
    await client.query(`DROP FUNCTION ${name}_node(); DROP TABLE ${name}`);
    say('  ok  cleaned up');
  } catch (error) {
    say(`  !!  ${shown(uri)} keeps table ${name} and function ${name}_node(): ${reason(error)}`);
    process.exitCode = EXIT.failed;
  }
}

/** Several proxies before the same servers: all write at the same one, and together they read so. */
function compare(found) {
  const total = new Map();
  for (const { answered } of found) for (const [node, n] of answered) total.set(node, (total.get(node) ?? 0) + n);
  const writers = [...new Set(found.map(({ writer }) => writer))];
  say(`all ${found.length} together`);
  show(total, writers.length === 1 ? writers[0] : null);
  if (writers.length > 1) throw new CheckFailed(`they write at different servers: ${writers.join(', ')}`);
  say(`  ok  all write at ${writers[0]}`);
}

async function main() {
  let asked;
  try {
    asked = argumentsOf(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error.message}\n\n${USAGE}`);
    return EXIT.usage;
  }
  if (asked.help) {
    process.stdout.write(USAGE);
    return EXIT.fine;
  }
  try {
    const pg = await driver();
    const found = [];
    for (const uri of asked.uris) {
      say(shown(uri));
      found.push(await check(pg, uri, asked));
    }
    if (found.length > 1) compare(found);
    return process.exitCode ?? EXIT.fine;
  } catch (error) {
    const failed = !(error instanceof Impossible);
    process.stderr.write(`${failed ? 'FAILED' : 'not checked'}: ${reason(error)}\n`);
    return failed ? EXIT.failed : EXIT.impossible;
  }
}

process.exitCode = await main();
