/**
 * The asker behind a read balancer: its questions say which server answered them, it writes and reads its writes back,
 * works in transactions and with statements that it prepared.
 */
import {
  encodeBind,
  encodeDescribe,
  encodeExecute,
  encodeFlush,
  encodeParse,
  encodeQuery,
  encodeSync,
  type Frame,
} from '@pgherd/wire';
import type { Random } from '../../packages/engine/test-support/random.ts';
import type { RawClient, Target } from '../../packages/engine/test-support/raw-client.ts';
import { Asker, freshNonce, judge, type Tally, words } from './asker.ts';

/** Read-only for all that the server says, so that reads which call them may go anywhere. */
export const BALANCED_SQL = `
  CREATE TABLE said (nonce text PRIMARY KEY, client int NOT NULL);
  CREATE FUNCTION node() RETURNS int LANGUAGE sql STABLE AS 'SELECT inet_server_port()';
  CREATE FUNCTION nap(seconds float8) RETURNS text LANGUAGE plpgsql STABLE AS
    'BEGIN PERFORM pg_sleep(seconds); RETURN ''rested''; END';
  GRANT ALL ON said TO PUBLIC;`;

export interface BalancedTally extends Tally {
  /** Reads by the port of the server that answered. */
  readonly readsAt: Map<number, number>;
  /** Rows that were written and read back at once. */
  readBack: number;
  /** Answers of statements that had been prepared. */
  prepared: number;
}

export class BalancedAsker extends Asker {
  private readonly balanced: BalancedTally;
  private readonly number: number;
  private preparedOn: RawClient | null = null;
  private generation = 0;

  constructor(target: Target, random: Random, tally: BalancedTally, n: number) {
    super(target, random, tally, n);
    this.balanced = tally;
    this.number = n;
  }

  protected override further(): string {
    return "'at ' || node()";
  }

  protected override slow(seconds: number): string {
    // Both kinds: one that any server may run, and one for the primary.
    return this.random.chance(0.7) ? `nap(${seconds})` : `pg_sleep(${seconds})`;
  }

  protected override answered(frames: readonly Frame[]): void {
    const { readsAt } = this.balanced;
    for (const word of words(frames)) {
      const found = /\bat (\d+)\s*$/.exec(word);
      if (found === null) continue;
      const port = Number(found[1]);
      readsAt.set(port, (readsAt.get(port) ?? 0) + 1);
      return;
    }
  }

  override async turn(): Promise<void> {
    const client = await this.connect();
    const nonce = freshNonce();
    const dice = this.random.below(100);
    if (dice < 5) await this.cancelled(client, nonce);
    else if (dice < 10) this.vanish(client, nonce);
    else if (dice < 11) await this.leave(client);
    else if (dice < 13) await this.huge(client, nonce);
    else if (dice < 27) await this.simple(client, nonce);
    else if (dice < 40) await this.extended(client, nonce);
    else if (dice < 50) await this.pipelined(client);
    else if (dice < 56) await this.failing(client, nonce);
    else if (dice < 60) await this.copied(client, nonce);
    else if (dice < 64) await this.inTransaction(client, nonce);
    else if (dice < 67) await this.ours(client, nonce);
    else if (dice < 74) await this.written(client, nonce);
    else if (dice < 80) await this.writtenInTransaction(client, nonce);
    else if (dice < 86) await this.readingTransaction(client);
    else if (dice < 94) await this.named(client, nonce);
    else if (dice < 97) await this.namedBySql(client, nonce);
    else await this.mixed(client);
  }

  /** A row is written, comes back by RETURNING, and is there for the next read. */
  private async written(client: RawClient, nonce: string): Promise<void> {
    client.send(encodeQuery(`INSERT INTO said VALUES ('${nonce}', ${this.number}) RETURNING nonce`));
    judge(await this.read(client), nonce, 'RETURNING');
    this.balanced.replies++;
    await this.found(client, nonce);
  }

  private async found(client: RawClient, nonce: string): Promise<void> {
    client.send(encodeQuery(`SELECT nonce, ${this.further()} FROM said WHERE nonce = '${nonce}'`));
    await this.judged(client, nonce, 'a row that was written');
    this.balanced.readBack++;
  }

  private async writtenInTransaction(client: RawClient, nonce: string): Promise<void> {
    const ends = this.random.chance(0.7) ? 'COMMIT' : 'ROLLBACK';
    client.send(encodeQuery('BEGIN'), encodeQuery(`INSERT INTO said VALUES ('${nonce}', 1) RETURNING nonce`));
    await this.read(client);
    judge(await this.read(client), nonce, 'RETURNING in a transaction');
    this.balanced.replies++;
    await this.found(client, nonce);
    client.send(encodeQuery(ends));
    await this.read(client);
    if (ends === 'COMMIT') await this.found(client, nonce);
  }

  private async readingTransaction(client: RawClient): Promise<void> {
    const level = this.random.pick(['', ' READ ONLY', ' ISOLATION LEVEL REPEATABLE READ READ ONLY']);
    const nonces = Array.from({ length: 1 + this.random.below(3) }, freshNonce);
    client.send(encodeQuery(`BEGIN${level}`));
    await this.read(client);
    for (const nonce of nonces) await this.simple(client, nonce);
    client.send(encodeQuery(this.random.chance(0.5) ? 'COMMIT' : 'ROLLBACK'));
    await this.read(client);
  }

  /** A statement that was prepared once in this session, maybe on another server than the one that runs it now. */
  private async named(client: RawClient, nonce: string): Promise<void> {
    const sql = `SELECT $1::text, ${this.further()}`;
    if (this.preparedOn !== client || this.random.chance(0.02)) {
      this.preparedOn = client;
      this.generation++;
      client.send(encodeParse({ statement: `ask${this.generation}`, sql, parameterTypes: [] }));
    }
    const statement = `ask${this.generation}`;
    client.send(
      encodeDescribe({ kind: 'statement', name: statement }),
      encodeBind({ portal: '', statement, parameterFormats: [], values: [nonce], resultFormats: [] }),
      encodeExecute({ portal: '', rowsMax: 0 }),
      ...(this.random.chance(0.2) ? [encodeFlush()] : []),
      encodeSync(),
    );
    await this.judged(client, nonce, 'a prepared statement');
    this.balanced.prepared++;
  }

  private async namedBySql(client: RawClient, nonce: string): Promise<void> {
    client.send(encodeQuery(`PREPARE own (text) AS SELECT $1, ${this.further()}`));
    await this.read(client);
    client.send(encodeQuery(`EXECUTE own ('${nonce}')`));
    await this.judged(client, nonce, 'EXECUTE');
    client.send(encodeQuery('DEALLOCATE own'));
    await this.read(client);
    this.balanced.prepared++;
  }

  /** Reads and writes in one go: each answer in its place. */
  private async mixed(client: RawClient): Promise<void> {
    const nonces = Array.from({ length: 3 + this.random.below(4) }, freshNonce);
    client.send(
      ...nonces.map((nonce) =>
        this.random.chance(0.3)
          ? encodeQuery(`INSERT INTO said VALUES ('${nonce}', 2) RETURNING nonce`)
          : encodeQuery(`SELECT '${nonce}', ${this.further()}`),
      ),
    );
    for (const nonce of nonces) await this.judged(client, nonce, 'reads and writes in one go');
  }
}
