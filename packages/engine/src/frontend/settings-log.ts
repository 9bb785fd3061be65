/**
 * What a session has set, so that another connection can be brought to the same state: the newest statement for each
 * setting, in order. What a transaction sets is kept apart until it commits. What is kept has limits; over them nothing
 * is, until DISCARD ALL. Pure.
 */

interface Entry {
  /** Grows with each statement; a connection remembers the last one it has got. */
  readonly seq: number;
  /** The settings that it decides on by itself, sorted. */
  readonly names: readonly string[];
  readonly text: string;
  /** SET LOCAL: over with the transaction. */
  readonly local: boolean;
  /** What names of relations and functions mean depends on it. */
  readonly forNames: boolean;
}

/** More than this is not worth copying. */
const BYTES_MAX = 64 * 1024;
const ENTRIES_MAX = 256;
const SAVEPOINTS_MAX = 5_000;
/** RESET ALL: every setting but role and session_authorization. */
export const RESET_ALL = '*';
/** DISCARD ALL: those too. */
export const DISCARD_ALL = '**';
/** What RESET ALL leaves alone. */
const NOT_RESET = /^(?:(?:set_config:)?(?:role|session_authorization)|\*\*)$/;
/** What names of relations and functions mean depends on these. */
const FOR_NAMES = /^(?:(?:set_config:)?(?:search_path|role|session_authorization)|\*\*?)$/;

let logs = 0;

export class SettingsLog {
  private seq = 0;
  /** By their names. */
  private readonly kept = new Map<string, Entry>();
  private keptBytes = 0;
  private keptNewest = 0;
  private inTransaction: Entry[] = [];
  private transactionBytes = 0;
  private readonly savepoints: { readonly name: string; readonly length: number }[] = [];
  private readonly number = ++logs;
  /** More was set than is kept: nothing is known until DISCARD ALL. */
  full = false;
  /** What the present transaction has set is not known any more. */
  lost = false;
  /** Grows when something that was set in the present transaction is undone before it ends. */
  undone = 0;
  /** Grows with each change of what is in force. */
  changes = 0;

  /** The newest statement's number. */
  get newest(): number {
    return this.inTransaction.at(-1)?.seq ?? this.keptNewest;
  }

  /** The newest number outside the present transaction. */
  get newestKept(): number {
    return this.keptNewest;
  }

  /** The present transaction has set something. */
  get hasTentative(): boolean {
    return this.inTransaction.length > 0;
  }

  /** It can be copied. */
  get known(): boolean {
    return !this.lost && !this.full;
  }

  /**
   * A statement succeeded. It is in force, and kept once `commit` is called.
   * @param set the settings that it decides on whatever they were before: names, RESET_ALL or DISCARD_ALL
   * @param setLocally those that it sets for the transaction only, besides
   */
  add(set: string | readonly string[], text: string, local: boolean, setLocally: readonly string[] = []): void {
    this.changes++;
    if (this.full) {
      if (set !== DISCARD_ALL) return;
      this.full = false;
    }
    const names = typeof set === 'string' ? [set] : [...new Set(set)].sort();
    const forNames = names.some((name) => FOR_NAMES.test(name)) || setLocally.some((name) => FOR_NAMES.test(name));
    const entry: Entry = { seq: ++this.seq, names, text, local, forNames };
    if (setLocally.length === 0) this.replace(entry);
    this.inTransaction.push(entry);
    this.transactionBytes += text.length;
    if (this.inTransaction.length > ENTRIES_MAX || this.transactionBytes > BYTES_MAX) this.giveUp();
  }

  /** An older one of the same kind and names is of no use any more, unless a savepoint stands between. */
  private replace({ names, local }: Entry): void {
    if (names.includes('session_authorization')) return; // what may be set next to it depends on the order
    const { inTransaction } = this;
    const from = this.savepoints.at(-1)?.length ?? 0;
    for (let i = inTransaction.length - 1; i >= from; i--) {
      const older = inTransaction[i] as Entry;
      if (older.local !== local || older.names.length !== names.length) continue;
      if (!older.names.every((name, at) => name === names[at])) continue;
      inTransaction.splice(i, 1);
      this.transactionBytes -= older.text.length;
      return;
    }
  }

  private giveUp(): void {
    this.full = true;
    this.kept.clear();
    this.keptBytes = 0;
    this.inTransaction = [];
    this.transactionBytes = 0;
    this.savepoints.length = 0;
  }

  private keep(entry: Entry): void {
    for (const [key, older] of this.kept) if (covers(entry, older)) this.drop(key, older);
    const key = entry.names.join('\0');
    const role = this.kept.get('role');
    if (key === 'session_authorization' && role !== undefined) this.drop('role', role); // as the server does
    this.kept.set(key, entry);
    this.keptBytes += entry.text.length;
    this.keptNewest = entry.seq;
  }

  private drop(key: string, { text }: Entry): void {
    this.keptBytes -= text.length;
    this.kept.delete(key);
  }

  commit(): void {
    for (const entry of this.inTransaction) if (!entry.local) this.keep(entry);
    this.endTransaction();
    if (this.kept.size > ENTRIES_MAX || this.keptBytes > BYTES_MAX) this.giveUp();
  }

  rollback(): void {
    this.endTransaction();
  }

  private endTransaction(): void {
    if (this.inTransaction.length > 0) {
      this.changes++;
      this.inTransaction.length = 0;
      this.transactionBytes = 0;
    }
    this.savepoints.length = 0;
    this.lost = false;
  }

  savepoint(name: string): void {
    if (this.full) return;
    this.savepoints.push({ name, length: this.inTransaction.length });
    if (this.savepoints.length > SAVEPOINTS_MAX) this.giveUp();
  }

  rollbackTo(name: string): void {
    const at = this.savepoints.findLastIndex((savepoint) => savepoint.name === name);
    const savepoint = this.savepoints[at];
    if (savepoint === undefined) return;
    this.savepoints.length = at + 1;
    if (this.inTransaction.length === savepoint.length) return;
    this.changes++;
    this.undone++;
    this.inTransaction.length = savepoint.length;
    this.transactionBytes = this.inTransaction.reduce((bytes, { text }) => bytes + text.length, 0);
  }

  release(name: string): void {
    const at = this.savepoints.findLastIndex((savepoint) => savepoint.name === name);
    if (at >= 0) this.savepoints.length = at;
  }

  /** Statements after `seq` that are in force outside the present transaction. */
  since(seq: number): string[] {
    if (seq >= this.keptNewest) return [];
    return [...this.kept.values()].filter((entry) => entry.seq > seq).map((entry) => entry.text);
  }

  /** Statements of the present transaction after `seq`. */
  sinceInTransaction(seq: number): string[] {
    return this.inTransaction.filter((entry) => entry.seq > seq).map((entry) => entry.text);
  }

  /** What decides on the meaning of names, as one text: equal texts, equal meaning. */
  get text(): string {
    if (this.full) return `\0${this.number}`; // nobody else's
    if (this.kept.size === 0 && this.inTransaction.length === 0) return '';
    return [...this.kept.values(), ...this.inTransaction]
      .filter(({ forNames }) => forNames)
      .map(({ text }) => text)
      .join('\n');
  }
}

/** After `newer`, nothing of what `older` did is left. */
function covers(newer: Entry, older: Entry): boolean {
  const { names } = newer;
  return older.names.every(
    (name) =>
      names.includes(name) || names.includes(DISCARD_ALL) || (names.includes(RESET_ALL) && !NOT_RESET.test(name)),
  );
}
