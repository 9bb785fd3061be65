/**
 * What a backend still owes: one entry for each message that ends in ReadyForQuery (Query, FunctionCall, Sync), and a
 * mark for the end of each COPY data stream. Who asked is part of the entry: replies that the engine asked for are
 * swallowed, the others are forwarded to the session that the entry names. A link with entries left never goes back to
 * its pool: another client's rows are the one unforgivable fault.
 */

/** Kinds of entries. The values fit a byte; `COPY_END` is never answered, it only orders Syncs around COPY data. */
export const Reply = { QUERY: 1, FUNCTION_CALL: 2, SYNC: 3, COPY_END: 4 } as const;
export type ReplyKind = (typeof Reply)[keyof typeof Reply];

const INITIAL_ENTRIES = 8;

export class ReplyQueue<Owner extends object> {
  private kinds = new Uint8Array(INITIAL_ENTRIES);
  private owners: (Owner | null)[] = [];
  private head = 0;
  size = 0;
  /** True while the backend takes COPY data: it ignores Sync and Flush until the stream ends. */
  copyIn = false;
  /** Set when the replies seen cannot be explained by what was asked; such a link is closed instead of reused. */
  mismatch = false;

  /** @param owner the session that asked, or null when the engine did */
  push(kind: ReplyKind, owner: Owner | null): void {
    if (kind === Reply.COPY_END) {
      if (this.copyIn) {
        this.copyIn = false;
        return;
      }
      // A mark matters only behind an entry that may turn out to be a COPY.
      if (this.size === 0) return;
    } else if (kind === Reply.SYNC && this.copyIn) return;
    if (this.size === this.kinds.length) this.grow();
    const at = (this.head + this.size) & (this.kinds.length - 1);
    this.kinds[at] = kind;
    this.owners[at] = owner;
    this.size++;
  }

  private grow(): void {
    const old = this.kinds;
    const owners = this.owners;
    const kinds = new Uint8Array(old.length * 2);
    const moved: (Owner | null)[] = new Array(kinds.length).fill(null);
    for (let i = 0; i < this.size; i++) {
      const from = (this.head + i) & (old.length - 1);
      kinds[i] = old[from] as number;
      moved[i] = owners[from] ?? null;
    }
    this.kinds = kinds;
    this.owners = moved;
    this.head = 0;
  }

  private kindAt(offset: number): number {
    return this.kinds[(this.head + offset) & (this.kinds.length - 1)] as number;
  }

  /** Who asked for the reply that is arriving now; undefined when nothing is owed (notices, notifications). */
  headOwner(): Owner | null | undefined {
    return this.size === 0 ? undefined : this.owners[this.head];
  }

  private drop(): void {
    this.owners[this.head] = null;
    this.head = (this.head + 1) & (this.kinds.length - 1);
    this.size--;
  }

  /** ReadyForQuery arrived: the oldest asked-for reply is complete. */
  onReady(): void {
    this.copyIn = false;
    while (this.size > 0 && this.kindAt(0) === Reply.COPY_END) this.drop();
    if (this.size === 0) {
      this.mismatch = true;
      return;
    }
    this.drop();
    while (this.size > 0 && this.kindAt(0) === Reply.COPY_END) this.drop();
  }

  /**
   * CopyInResponse (or CopyBothResponse) arrived. The backend ignores every Sync that it reads before CopyDone or
   * CopyFail, so those already sent and not yet followed by a mark will never be answered.
   */
  onCopyIn(): void {
    const kept: [number, Owner | null][] = [];
    let ended = false;
    while (this.size > 0) {
      const kind = this.kindAt(0);
      const owner = this.owners[this.head] ?? null;
      this.drop();
      if (!ended && kind === Reply.COPY_END) ended = true;
      else if (ended || kind !== Reply.SYNC) kept.push([kind, owner]);
    }
    for (const [kind, owner] of kept) this.push(kind as ReplyKind, owner);
    this.copyIn = !ended;
  }

  /** An error ended the COPY: from here on the backend heeds Sync again. */
  onError(): void {
    this.copyIn = false;
  }

  clear(): void {
    this.kinds = new Uint8Array(INITIAL_ENTRIES);
    this.owners = [];
    this.head = 0;
    this.size = 0;
    this.copyIn = false;
  }
}
