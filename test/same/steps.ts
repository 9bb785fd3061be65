/** What a client may say, as steps of its messages: a grammar of statements and of the ways to send them. */
import {
  encodeBind,
  encodeClose,
  encodeCopyData,
  encodeCopyDone,
  encodeCopyFail,
  encodeDescribe,
  encodeExecute,
  encodeFlush,
  encodeFunctionCall,
  encodeParse,
  encodeQuery,
  encodeSync,
} from '@pgherd/wire';
import fc from 'fast-check';

/** Messages that are sent together, and, where the server takes data after them, what comes next. */
export interface Step {
  readonly what: string;
  readonly messages: Buffer;
  /** Sent once CopyInResponse came; without pipelining only then. */
  readonly data?: Buffer;
  readonly [fc.toStringMethod]: () => string;
}

/** Made in both databases, by their owner. */
export const SAME_SQL = `
  CREATE SCHEMA other;
  CREATE TABLE a (id int PRIMARY KEY, v text);
  CREATE TABLE b (id int PRIMARY KEY, v text);
  CREATE TABLE other.a (id int PRIMARY KEY, v text);
  CREATE TABLE guarded (id int PRIMARY KEY, owner text);
  ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
  CREATE POLICY own ON guarded USING (owner = current_user OR owner = current_setting('app.who', true));
  CREATE UNLOGGED TABLE unlogged_one (id int);
  CREATE TABLE written (n serial, by text);
  CREATE TABLE deferred_one (id int UNIQUE DEFERRABLE INITIALLY DEFERRED);
  CREATE VIEW calm AS SELECT id, v FROM a;
  CREATE FUNCTION put(t text) RETURNS int LANGUAGE plpgsql VOLATILE AS
    $$BEGIN INSERT INTO written (by) VALUES (t); RETURN (SELECT count(*) FROM written); END$$;
  CREATE FUNCTION sly(t text) RETURNS int LANGUAGE plpgsql STABLE AS $$BEGIN RETURN put(t); END$$;
  CREATE FUNCTION total() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT sum(id) FROM a';
  CREATE FUNCTION twice(i int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2 * i';
  CREATE FUNCTION fails(i int) RETURNS int LANGUAGE plpgsql STABLE AS
    $$BEGIN IF i > 3 THEN RAISE EXCEPTION 'no' USING ERRCODE = 'P0007'; END IF; RETURN i; END$$;
  CREATE VIEW busy AS SELECT put('view');
  GRANT USAGE ON SCHEMA other TO reader;
  GRANT ALL ON ALL TABLES IN SCHEMA public, other TO reader;
  GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO reader;
  REVOKE ALL ON b FROM reader;
`;

/** Brings both databases back to the same beginning. */
export const BEGIN_SQL = `
  TRUNCATE a, b, other.a, guarded, unlogged_one, written, deferred_one RESTART IDENTITY;
  INSERT INTO a SELECT i, 'a' || i FROM generate_series(1, 5) i;
  INSERT INTO b SELECT i, 'b' || i FROM generate_series(1, 3) i;
  INSERT INTO other.a SELECT i, 'other' || i FROM generate_series(1, 2) i;
  INSERT INTO guarded VALUES (1, 'reader'), (2, 'someone'), (3, 'nobody');
`;

const READS = [
  'SELECT id, v FROM a ORDER BY id',
  'SELECT count(*), max(v) FROM b',
  'SELECT * FROM calm WHERE id = 2',
  'SELECT a.v, b.v FROM a JOIN b USING (id) ORDER BY 1',
  'SELECT total()',
  'SELECT twice(id) FROM a ORDER BY id LIMIT 2',
  "SELECT current_setting('app.who', true)",
  'SHOW search_path',
  'SHOW app.who',
  'SHOW work_mem',
  'SELECT id FROM guarded ORDER BY id',
  "SELECT to_char(date '2024-03-01', 'DD Mon'), date '2024-03-01'",
  'WITH w AS (SELECT id FROM a) SELECT sum(id) FROM w',
  'VALUES (1), (2)',
  'TABLE b',
  'SELECT count(*) FROM written',
  'SELECT count(*) FROM unlogged_one',
  'SELECT id FROM other.a ORDER BY id',
  // Rows, and then an error, whatever the plan.
  'SELECT fails(i) FROM generate_series(1, 5) i',
  'SELECT 1 / (3 - i) FROM generate_series(1, 5) i',
  "SELECT repeat('row ', 3000), 1 / (3 - i) FROM generate_series(1, 5) i",
  'SELECT nothing FROM a',
  'SELECT * FROM missing',
  'SELECT id FROM a FOR UPDATE',
  '/* looked at */ SELECT count(*) FROM a',
  '',
  'SELEC 1',
  "SELECT repeat('long ', 4000)",
  'COPY (SELECT id FROM a ORDER BY id) TO STDOUT',
  'COPY b TO STDOUT',
] as const;

const WRITES = [
  "INSERT INTO a VALUES (7, 'seven')",
  "INSERT INTO a VALUES (8, 'eight') RETURNING id",
  "UPDATE a SET v = v || '!' WHERE id < 3",
  'DELETE FROM b WHERE id = 1 RETURNING v',
  "INSERT INTO other.a VALUES (9, 'nine')",
  "SELECT put('direct')",
  "SELECT sly('misdeclared')",
  'SELECT * FROM busy',
  "INSERT INTO guarded VALUES (4, 'reader')",
  'INSERT INTO deferred_one VALUES (1), (1)',
  'INSERT INTO unlogged_one VALUES (1)',
  "WITH w AS (INSERT INTO b VALUES (10, 'ten') RETURNING id) SELECT id FROM w",
  'EXPLAIN (COSTS OFF) SELECT 1',
  "DO $$BEGIN INSERT INTO written (by) VALUES ('do'); END$$",
  'LOCK TABLE a IN ACCESS SHARE MODE',
  'CREATE TABLE made (id int)',
  'DROP TABLE made',
  "SELECT nextval('written_n_seq')",
  'CREATE OR REPLACE FUNCTION total() RETURNS bigint LANGUAGE sql STABLE AS $$SELECT count(*) FROM a$$',
  'CREATE OR REPLACE FUNCTION total() RETURNS bigint LANGUAGE sql STABLE AS $$SELECT sum(id) FROM a$$',
] as const;

const SESSION = [
  'SET search_path = other, public',
  'SET search_path = public',
  'RESET search_path',
  "SET app.who = 'someone'",
  "SET app.who = 'nobody'",
  "SET LOCAL app.who = 'nobody'",
  'RESET app.who',
  "SELECT set_config('app.who', 'someone', false)",
  "SELECT set_config('app.who', 'reader', true)",
  'SET ROLE reader',
  'RESET ROLE',
  'SET SESSION AUTHORIZATION reader',
  'RESET SESSION AUTHORIZATION',
  "SET DateStyle = 'German'",
  'RESET ALL',
  'DISCARD ALL',
  'SET TIME ZONE 5',
  "SET work_mem = '5MB'",
  'SET nonsense.of = 1; SET app.who = 2',
  "SET app.who = 'reader'; SELECT id FROM guarded",
  "SET app.who = 'someone'; SELECT 1/0",
  'SELECT 1; SELECT v FROM a WHERE id = 1',
  'SET missing_setting = 1',
  'SET TRANSACTION READ ONLY',
  'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY',
  'SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE',
  'CREATE TEMP TABLE a (id int, v text)',
  "INSERT INTO pg_temp.a VALUES (99, 'temporary')",
  'DROP TABLE pg_temp.a',
  'DISCARD TEMP',
  'LISTEN news',
  "NOTIFY news, 'hello'",
  'UNLISTEN *',
] as const;

const TRANSACTION = [
  'BEGIN',
  'BEGIN',
  'START TRANSACTION READ ONLY',
  'COMMIT',
  'COMMIT',
  'ROLLBACK',
  'COMMIT AND CHAIN',
  'ROLLBACK AND CHAIN',
  'SAVEPOINT s',
  'SAVEPOINT s',
  'SAVEPOINT t',
  'ROLLBACK TO s',
  'ROLLBACK TO t',
  'RELEASE s',
  "PREPARE TRANSACTION 'two'",
  "COMMIT PREPARED 'two'",
  "ROLLBACK PREPARED 'two'",
  "BEGIN; SET app.who = 'someone'; COMMIT",
  "BEGIN; SET app.who = 'nobody'",
  'COMMIT; BEGIN',
] as const;

const PREPARED = [
  'PREPARE p AS SELECT v FROM a WHERE id = 1',
  'PREPARE p (int) AS SELECT v FROM a WHERE id = $1',
  "PREPARE q AS INSERT INTO a VALUES (20, 'prepared')",
  "PREPARE q AS SELECT current_setting('app.who', true), total()",
  'EXECUTE p',
  'EXECUTE p (2)',
  "EXECUTE p (put('parameter'))",
  'EXECUTE q',
  'DEALLOCATE p',
  'DEALLOCATE q',
  'DEALLOCATE ALL',
  'DEALLOCATE p; PREPARE p AS SELECT 3',
  'DECLARE c CURSOR FOR SELECT id FROM a ORDER BY id',
  'DECLARE c CURSOR WITH HOLD FOR SELECT id FROM b ORDER BY id',
  'FETCH 2 FROM c',
  'MOVE 1 FROM c',
  'CLOSE c',
] as const;

const bindOf = (statement: string, portal = '', values: readonly string[] = []): Buffer =>
  encodeBind({ portal, statement, parameterFormats: [], values: [...values], resultFormats: [] });
const run = (portal = '', rowsMax = 0): Buffer => encodeExecute({ portal, rowsMax });
const parse = (sql: string, statement = ''): Buffer => encodeParse({ statement, sql, parameterTypes: [] });
const SYNC = encodeSync();
/** Parse, Bind and Execute without Sync. */
const one = (sql: string): Buffer =>
  Buffer.concat([parse(sql), bindOf(''), encodeDescribe({ kind: 'portal', name: '' }), run()]);

const step = (what: string, messages: readonly Buffer[], data?: Buffer): Step => ({
  what,
  messages: Buffer.concat([...messages]),
  ...(data === undefined ? {} : { data }),
  [fc.toStringMethod]: () => what,
});

const read = fc.constantFrom(...READS);
const statement = fc.oneof(
  { weight: 6, arbitrary: read },
  { weight: 2, arbitrary: fc.constantFrom(...WRITES) },
  { weight: 3, arbitrary: fc.constantFrom(...SESSION) },
  { weight: 4, arbitrary: fc.constantFrom(...TRANSACTION) },
  { weight: 2, arbitrary: fc.constantFrom(...PREPARED) },
);
const name = fc.constantFrom('p', 'q', 's1');

const simple = statement.map((sql) => step(sql, [encodeQuery(sql)]));
const extended = statement.map((sql) => step(`X ${sql}`, [one(sql), SYNC]));
const batch = fc
  .array(statement, { minLength: 2, maxLength: 4 })
  .map((all) => step(`batch ${all.join(' | ')}`, [...all.map(one), SYNC]));
/** As drivers do that describe first: the unnamed statement is used in a later batch. */
const describedFirst = statement.map((sql) => [
  step(`describe ${sql}`, [parse(sql), encodeDescribe({ kind: 'statement', name: '' }), SYNC]),
  step('run it', [bindOf(''), run(), SYNC]),
]);
const named = fc.tuple(name, statement).map(([to, sql]) => step(`parse ${to}: ${sql}`, [parse(sql, to), SYNC]));
const useNamed = name.map((of) =>
  step(`use ${of}`, [bindOf(of), encodeDescribe({ kind: 'portal', name: '' }), run(), SYNC]),
);
const parseAndUse = fc
  .tuple(name, read)
  .map(([to, sql]) => step(`parse and use ${to}: ${sql}`, [parse(sql, to), bindOf(to), run(), SYNC]));
const closeNamed = name.map((of) => step(`close ${of}`, [encodeClose({ kind: 'statement', name: of }), SYNC]));
const bindUnnamed = step('bind the unnamed statement', [bindOf(''), run(), SYNC]);
const again = read.map((sql) => [step(`parse ${sql}`, [parse(sql), SYNC]), bindUnnamed, bindUnnamed]);
/** Whether a Parse that failed or something before it took the unnamed statement away cannot be told: the new one is right. */
const oldAndNew = statement.map((sql) => [
  step(`parse ${sql}`, [parse(sql), SYNC]),
  step('the unnamed one and a new one', [bindOf(''), run(), one('SELECT id FROM b ORDER BY id'), SYNC]),
  bindUnnamed,
]);
const portal = read.map((sql) => [
  step(`portal ${sql}`, [parse(sql), bindOf('', 'part'), run('part', 2), SYNC]),
  step('more of it', [run('part', 2), SYNC]),
  step('all of it', [run('part'), encodeClose({ kind: 'portal', name: 'part' }), SYNC]),
]);
const flushed = fc
  .tuple(statement, statement)
  .map(([first, second]) => step(`flush ${first} | ${second}`, [one(first), encodeFlush(), one(second), SYNC]));
const rows = encodeCopyData(Buffer.from('30\tcopied\n31\tcopied\n'));
const copyEnds = fc.constantFrom(encodeCopyDone(), encodeCopyFail('no'));
const copyIn = copyEnds.map((end) =>
  step('COPY a FROM STDIN', [encodeQuery('COPY a FROM STDIN')], Buffer.concat([rows, end])),
);
const copyInExtended = copyEnds.map((end) =>
  step('X COPY a FROM STDIN', [one('COPY a FROM STDIN'), SYNC], Buffer.concat([rows, end, SYNC])),
);
const call = fc.constant(
  step('function call', [
    encodeFunctionCall({ functionOid: 1397, argumentFormats: [], values: [Buffer.from('-7')], resultFormat: 0 }),
  ]),
);
const lone = fc.constant(step('Sync', [SYNC]));
const missing = fc.constant(step('bind what is not there', [bindOf('missing'), run(), SYNC]));

/** A transaction in which settings change and reads look at them, and what is left of it afterwards. */
const looks = fc.constantFrom(
  "SELECT current_setting('app.who', true)",
  'SELECT id, v FROM a ORDER BY id',
  'SELECT id FROM guarded ORDER BY id',
);
/** Not in a transaction that has read: the primary knows nothing of reads elsewhere, and would allow it. */
const BEGINNINGS = [
  'BEGIN ISOLATION LEVEL REPEATABLE READ',
  'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
  'BEGIN ISOLATION LEVEL SERIALIZABLE',
] as const;
const inside = fc.oneof(
  looks,
  fc.constantFrom(
    ...SESSION.filter((sql) => /^(?:SET (?:LOCAL |ROLE )?(?:app|search|reader)|RESET|SELECT set)/.test(sql)),
  ),
  fc.constantFrom(
    'SAVEPOINT s',
    'ROLLBACK TO s',
    'RELEASE s',
    'PREPARE p AS SELECT v FROM a WHERE id = 1',
    'EXECUTE p',
  ),
);
const frame = fc
  .tuple(
    fc.constantFrom('BEGIN', 'BEGIN', 'BEGIN READ ONLY', ...BEGINNINGS),
    fc.array(inside, { minLength: 2, maxLength: 7 }),
    fc.constantFrom('COMMIT', 'ROLLBACK', 'COMMIT AND CHAIN', 'ROLLBACK AND CHAIN', "PREPARE TRANSACTION 'two'"),
    fc.array(looks, { minLength: 1, maxLength: 2 }),
    fc.boolean(),
  )
  .map(([begin, all, end, after, simply]) =>
    ['ROLLBACK', begin, ...all, end, ...after].map((sql) =>
      simply ? step(sql, [encodeQuery(sql)]) : step(`X ${sql}`, [one(sql), SYNC]),
    ),
  );

const steps: fc.Arbitrary<readonly Step[]> = fc.oneof(
  { weight: 10, arbitrary: simple.map((s) => [s]) },
  { weight: 8, arbitrary: extended.map((s) => [s]) },
  { weight: 3, arbitrary: batch.map((s) => [s]) },
  { weight: 4, arbitrary: frame },
  { weight: 2, arbitrary: describedFirst },
  { weight: 2, arbitrary: named.map((s) => [s]) },
  { weight: 3, arbitrary: useNamed.map((s) => [s]) },
  { weight: 2, arbitrary: parseAndUse.map((s) => [s]) },
  { weight: 1, arbitrary: closeNamed.map((s) => [s]) },
  { weight: 1, arbitrary: again },
  { weight: 1, arbitrary: oldAndNew },
  { weight: 1, arbitrary: portal },
  { weight: 1, arbitrary: flushed.map((s) => [s]) },
  { weight: 1, arbitrary: copyIn.map((s) => [s]) },
  { weight: 1, arbitrary: copyInExtended.map((s) => [s]) },
  { weight: 1, arbitrary: call.map((s) => [s]) },
  { weight: 1, arbitrary: lone.map((s) => [s]) },
  { weight: 1, arbitrary: missing.map((s) => [s]) },
);

/** One session's life. */
export const session: fc.Arbitrary<readonly Step[]> = fc
  .array(steps, { minLength: 2, maxLength: 14, size: 'max' })
  .map((all) => all.flat());
