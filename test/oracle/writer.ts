/**
 * A session that writes in every way and reads its row back: what it reads must be what it wrote, whichever server answers.
 */
import {
  Backend,
  encodeBind,
  encodeCopyData,
  encodeCopyDone,
  encodeExecute,
  encodeParse,
  encodeQuery,
  encodeSync,
} from '@pgherd/wire';
import type { Random } from '../../packages/engine/test-support/random.ts';
import { type Answer, RawClient, ServerError, type Target } from '../../packages/engine/test-support/raw-client.ts';

/** `sly` claims to be STABLE, and writes all the same. */
export const WRITER_SQL = `
  CREATE TABLE own (id int PRIMARY KEY, v int NOT NULL) WITH (fillfactor = 50);
  CREATE TABLE added (id int NOT NULL, v int NOT NULL);
  CREATE INDEX ON added (id, v);
  CREATE FUNCTION node() RETURNS int LANGUAGE sql STABLE AS 'SELECT inet_server_port()';
  CREATE FUNCTION bump(who int, what int) RETURNS int LANGUAGE plpgsql AS
    'BEGIN UPDATE own SET v = what WHERE id = who; RETURN what; END';
  CREATE FUNCTION sly(who int, what int) RETURNS int LANGUAGE plpgsql STABLE AS
    'DECLARE done int; BEGIN EXECUTE ''SELECT bump($1, $2)'' INTO done USING who, what; RETURN done; END';
  CREATE PROCEDURE bump_and_commit(who int, what int) LANGUAGE plpgsql AS
    'BEGIN UPDATE own SET v = what WHERE id = who; COMMIT; END';
  GRANT ALL ON own, added TO PUBLIC; GRANT CREATE ON SCHEMA public TO PUBLIC;`;

export interface WriterTally {
  pairs: number;
  /** Own reads that did not show the own write, by the way it was written. */
  readonly stale: Map<string, number>;
  /** How often each way was gone. */
  readonly ways: Map<string, number>;
  /** Reads by the port of the server that answered. */
  readonly readsAt: Map<number, number>;
}

export const emptyWriterTally = (): WriterTally => ({
  pairs: 0,
  stale: new Map(),
  ways: new Map(),
  readsAt: new Map(),
});

const ANSWER_MS = 60_000;

type Way = (writer: Writer, v: number) => Promise<unknown>;

const update = (writer: Writer, v: number): string => `UPDATE own SET v = ${v} WHERE id = ${writer.id}`;

/** How a value gets into the row `id` of `own`. */
const WAYS: Readonly<Record<string, Way>> = {
  'a statement by itself': (writer, v) => writer.say(update(writer, v)),
  RETURNING: (writer, v) => writer.say(`${update(writer, v)} RETURNING v`),
  'INSERT ... ON CONFLICT': (writer, v) =>
    writer.say(`INSERT INTO own VALUES (${writer.id}, ${v}) ON CONFLICT (id) DO UPDATE SET v = excluded.v`),
  'WITH ... UPDATE': (writer, v) => writer.say(`WITH w AS (${update(writer, v)} RETURNING v) SELECT v FROM w`),
  parameters: (writer, v) => writer.run('', 'UPDATE own SET v = $2 WHERE id = $1', v),
  'a prepared statement': (writer, v) => writer.run('put', 'UPDATE own SET v = $2 WHERE id = $1', v),
  'PREPARE and EXECUTE': async (writer, v) => {
    await writer.say('PREPARE sql_put (int, int) AS UPDATE own SET v = $2 WHERE id = $1');
    await writer.say(`EXECUTE sql_put (${writer.id}, ${v})`);
    await writer.say('DEALLOCATE sql_put');
  },
  'a transaction': async (writer, v) => {
    await writer.say('BEGIN');
    await writer.say(update(writer, v));
    await writer.check('inside a transaction', v);
    await writer.say('COMMIT');
  },
  'a transaction with a savepoint': async (writer, v) => {
    await writer.say('BEGIN');
    await writer.say(update(writer, v));
    await writer.say('SAVEPOINT s');
    await writer.say(update(writer, v + 1));
    await writer.say('ROLLBACK TO s');
    await writer.say('COMMIT');
  },
  'a transaction in one go': async (writer, v) => {
    writer.client.send(encodeQuery('BEGIN'), encodeQuery(update(writer, v)), encodeQuery('COMMIT'));
    for (let i = 0; i < 3; i++) await writer.answer();
  },
  'a function': (writer, v) => writer.say(`SELECT bump(${writer.id}, ${v})`),
  'a function with parameters': (writer, v) => writer.run('', 'SELECT bump($1, $2)', v),
  'several statements': (writer, v) => writer.say(`SELECT 1; ${update(writer, v)}; SELECT 2`),
  'a transaction in one string': (writer, v) => writer.say(`BEGIN; ${update(writer, v)}; COMMIT`),
  DO: (writer, v) => writer.say(`DO $$BEGIN ${update(writer, v)}; END$$`),
  'a procedure that commits': (writer, v) => writer.say(`CALL bump_and_commit(${writer.id}, ${v})`),
  'two-phase commit': async (writer, v) => {
    const name = `w${writer.id}`;
    await writer.say('BEGIN');
    await writer.say(update(writer, v));
    await writer.say(`PREPARE TRANSACTION '${name}'`);
    await writer.say(`COMMIT PREPARED '${name}'`);
  },
  'EXPLAIN ANALYZE': (writer, v) => writer.say(`EXPLAIN ANALYZE ${update(writer, v)}`),
  'a cursor that writes': async (writer, v) => {
    await writer.say('BEGIN');
    await writer.say(`DECLARE c CURSOR FOR SELECT bump(${writer.id}, ${v})`);
    await writer.say('FETCH ALL FROM c');
    await writer.say('COMMIT');
  },
};
const NAMES = Object.keys(WAYS);

export class Writer {
  readonly id: number;
  client!: RawClient;
  private readonly random: Random;
  private readonly tally: WriterTally;
  private readonly prepared = new Set<string>();
  private last = 0;
  /** What its row in `own` holds. */
  private v = 0;

  constructor(id: number, random: Random, tally: WriterTally) {
    this.id = id;
    this.random = random;
    this.tally = tally;
  }

  async open(target: Target): Promise<void> {
    this.client = await RawClient.signIn(target, { user: 'app', database: 'app', timeoutMs: ANSWER_MS });
    await this.say(`INSERT INTO own VALUES (${this.id}, 0)`);
  }

  async answer(): Promise<Answer> {
    const answer = await this.client.answer(ANSWER_MS);
    const [error] = answer.errors;
    if (error !== undefined) throw new ServerError(error);
    return answer;
  }

  say(sql: string): Promise<Answer> {
    this.client.send(encodeQuery(sql));
    return this.answer();
  }

  /** The extended protocol, with this writer's id as $1. */
  run(statement: string, sql: string, v: number | null): Promise<Answer> {
    const values = v === null ? [String(this.id)] : [String(this.id), String(v)];
    const known = statement !== '' && this.prepared.has(statement);
    if (!known && statement !== '') this.prepared.add(statement);
    this.client.send(
      ...(known ? [] : [encodeParse({ statement, sql, parameterTypes: [] })]),
      encodeBind({ portal: '', statement, parameterFormats: [], values, resultFormats: [] }),
      encodeExecute({ portal: '', rowsMax: 0 }),
      encodeSync(),
    );
    return this.answer();
  }

  /** Writes in one of the ways and reads it back. */
  async pair(): Promise<void> {
    const v = (this.last += 2);
    const dice = this.random.below(1000);
    if (dice < 5) await this.intoTable(v);
    else if (dice < 50) await this.byCopy(v);
    else if (dice < 110) await this.inOneGo(v);
    else {
      const name = this.random.pick(NAMES);
      this.v = v;
      await (WAYS[name] as Way)(this, v);
      await this.check(name, v);
    }
    this.tally.pairs++;
  }

  /** Reads the row in one of several ways. */
  async check(way: string, v: number): Promise<void> {
    this.compare(way, v, await this.readRow());
  }

  /** The row again, after it was seen. */
  async look(): Promise<void> {
    await this.check('some time after a write', this.v);
  }

  /** The value that its row is to have next. */
  next(): number {
    return (this.v = this.last += 2);
  }

  async write(): Promise<void> {
    await this.say(update(this, this.next()));
  }

  private readRow(): Promise<Answer> {
    const dice = this.random.below(3);
    if (dice === 0) return this.say(`SELECT v, node() FROM own WHERE id = ${this.id}`);
    return this.run(dice === 1 ? '' : 'get', 'SELECT v, node() FROM own WHERE id = $1', null);
  }

  private compare(way: string, v: number, { rows }: Answer): void {
    const { tally } = this;
    const [seen, port] = rows[0] ?? [];
    tally.ways.set(way, (tally.ways.get(way) ?? 0) + 1);
    tally.readsAt.set(Number(port), (tally.readsAt.get(Number(port)) ?? 0) + 1);
    if (seen !== String(v)) tally.stale.set(way, (tally.stale.get(way) ?? 0) + 1);
  }

  private async byCopy(v: number): Promise<void> {
    this.client.send(encodeQuery('COPY added FROM STDIN'));
    await this.client.until(Backend.COPY_IN_RESPONSE, ANSWER_MS);
    this.client.send(encodeCopyData(Buffer.from(`${this.id}\t${v}\n`)), encodeCopyDone());
    await this.answer();
    this.compare('COPY', v, await this.say(`SELECT max(v), node() FROM added WHERE id = ${this.id}`));
  }

  private async intoTable(v: number): Promise<void> {
    const table = `made_${this.id}_${v}`;
    await this.say(`SELECT ${v} AS v INTO ${table}`);
    this.compare('SELECT INTO', v, await this.say(`SELECT v, node() FROM ${table}`));
    await this.say(`DROP TABLE ${table}`);
  }

  /** The read is on its way before the write has been answered. */
  private async inOneGo(v: number): Promise<void> {
    this.v = v;
    this.client.send(encodeQuery(update(this, v)), encodeQuery(`SELECT v, node() FROM own WHERE id = ${this.id}`));
    await this.answer();
    this.compare('a write and a read in one go', v, await this.answer());
  }
}
