/**
 * What a backend still owes: one entry for each message that ends in ReadyForQuery (Query, FunctionCall, Sync). Marks
 * stand between them where the order decides what a COPY swallows. Who asked is part of the entry: replies that the
 * engine asked for are swallowed, the others are forwarded to the session that the entry names. A link with entries or
 * marks left never goes back to its pool: another client's rows are the one unforgivable fault.
 */

/**
 * Kinds of entries; the values fit a byte. Two are marks, never answered themselves: `BATCH` says that extended-query
 * messages were sent here (until a Sync or Query follows, the backend's implicit transaction is open, and after an
 * error it reads nothing else), `COPY_END` that CopyDone or CopyFail was.
 */
export const Reply = { QUERY: 1, FUNCTION_CALL: 2, SYNC: 3, COPY_END: 4, BATCH: 5 } as const;
export type ReplyKind = (typeof Reply)[keyof typeof Reply];

const INITIAL_ENTRIES = 8;

export class ReplyQueue<Owner extends object> {
  private kinds = new Uint8Array(INITIAL_ENTRIES);
  private owners: (Owner | null)[] = [];
  private head = 0;
  /** Entries and marks. */
  private length = 0;
  /** Entries that will be answered. */
  size = 0;
  /** The newest entry is a batch mark: further extended-query messages need none of their own. */
  private open = false;
  /** True while the backend takes COPY data: it ignores Sync and Flush until the stream ends. */
  copyIn = false;
  /** Set when the replies seen cannot be explained by what was asked; such a link is closed instead of reused. */
  mismatch = false;
  /** A Query or FunctionCall was sent within a batch. If the batch failed it is skipped, and never answered. */
  private doubtful = false;
  /** Syncs were taken for swallowed by the running COPY. If it fails, one of them may be answered after all. */
  private swallowed = false;

  /** Something is asked for, or half asked for: what a cancel request may mean, and what keeps a link from its pool. */
  get running(): boolean {
    return this.length > 0 || this.copyIn;
  }

  /** Extended-query messages were sent and no Sync since. */
  get batchOpen(): boolean {
    return this.open;
  }

  /** Everything owed will surely be answered, so that one can wait for it. */
  get certain(): boolean {
    return !this.open && this.orderly;
  }

  /** The same, but that a batch may be open. */
  get orderly(): boolean {
    return !this.doubtful && !this.copyIn && !this.mismatch;
  }

  /** @param owner the session that asked, or null when the engine did */
  push(kind: ReplyKind, owner: Owner | null): void {
    // A statement instead of data makes the COPY fail; whether it is answered itself cannot be told.
    if (this.copyIn && kind !== Reply.COPY_END && kind !== Reply.SYNC) this.mismatch = true;
    if (kind === Reply.BATCH) {
      if (this.open) return;
      this.open = true;
    } else if (kind === Reply.COPY_END) {
      if (this.copyIn) {
        this.copyIn = false;
        return;
      }
      // A mark matters only behind something that may turn out to be a COPY.
      if (this.length === 0) return;
    } else {
      if (kind === Reply.SYNC && this.copyIn) {
        this.swallowed = true;
        return;
      }
      if (this.open && kind !== Reply.SYNC) this.doubtful = true;
      this.open = false;
    }
    this.append(kind, owner);
  }

  private append(kind: number, owner: Owner | null): void {
    if (this.length === this.kinds.length) this.grow();
    const at = (this.head + this.length) & (this.kinds.length - 1);
    this.kinds[at] = kind;
    this.owners[at] = owner;
    this.length++;
    if (kind < Reply.COPY_END) this.size++;
  }

  private grow(): void {
    const old = this.kinds;
    const owners = this.owners;
    const kinds = new Uint8Array(old.length * 2);
    const moved: (Owner | null)[] = new Array(kinds.length).fill(null);
    for (let i = 0; i < this.length; i++) {
      const from = (this.head + i) & (old.length - 1);
      kinds[i] = old[from] as number;
      moved[i] = owners[from] ?? null;
    }
    this.kinds = kinds;
    this.owners = moved;
    this.head = 0;
  }

  /** Kind of the oldest entry or mark; 0 when there is none. */
  private first(): number {
    return this.length === 0 ? 0 : (this.kinds[this.head] as number);
  }

  /** Who asked for the reply that is arriving now; undefined when nothing is owed (notices, notifications). */
  headOwner(): Owner | null | undefined {
    return this.length === 0 ? undefined : this.owners[this.head];
  }

  private drop(): void {
    if ((this.kinds[this.head] as number) < Reply.COPY_END) this.size--;
    this.owners[this.head] = null;
    this.head = (this.head + 1) & (this.kinds.length - 1);
    this.length--;
  }

  /** ReadyForQuery arrived: the oldest asked-for reply is complete. */
  onReady(): void {
    this.copyIn = false;
    this.swallowed = false;
    if (this.size === 0) {
      this.mismatch = true;
      return;
    }
    while (this.first() >= Reply.COPY_END) this.drop();
    this.drop();
    // Data that came too late for the COPY they were meant for.
    while (this.first() === Reply.COPY_END) this.drop();
    if (this.length === 0) this.doubtful = false;
  }

  /**
   * CopyInResponse (or CopyBothResponse) arrived. The backend ignores every Sync that it reads before CopyDone or
   * CopyFail, so those already sent and not yet followed by a mark will never be answered.
   */
  onCopyIn(): void {
    const kept: [number, Owner | null][] = [];
    let ended = false;
    let copying = 0;
    while (this.length > 0) {
      const kind = this.first();
      const owner = this.owners[this.head] ?? null;
      this.drop();
      if (ended) kept.push([kind, owner]);
      else if (kind === Reply.COPY_END) ended = true;
      else if (kind === Reply.SYNC) this.swallowed = true;
      else {
        kept.push([kind, owner]);
        // What copies is a batch, a query, or a query behind a batch. Another statement before the end of the data makes
        // the COPY fail, and which answers then belong to which question is anybody's guess.
        if (copying !== 0 && (copying !== Reply.BATCH || kind === Reply.BATCH || this.swallowed)) this.mismatch = true;
        copying = kind;
      }
    }
    this.open = false;
    for (const [kind, owner] of kept) {
      this.append(kind, owner);
      if (kind !== Reply.COPY_END) this.open = kind === Reply.BATCH;
    }
    this.copyIn = !ended;
  }

  /** An error ended the COPY: from here on the backend heeds Sync again. */
  onError(): void {
    this.copyIn = false;
    if (this.swallowed) this.mismatch = true;
  }

  clear(): void {
    this.kinds = new Uint8Array(INITIAL_ENTRIES);
    this.owners = [];
    this.head = 0;
    this.length = 0;
    this.size = 0;
    this.open = false;
    this.copyIn = false;
    this.doubtful = false;
    this.swallowed = false;
  }
}
