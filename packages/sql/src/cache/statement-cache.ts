import { Buffer } from 'node:buffer';
import { FOLDED } from '../fingerprint/byte-class.ts';
import {
  emptyFingerprint,
  type Fingerprint,
  Fingerprinter,
  firstKeyword,
  KEYWORD_BYTES_MAX,
} from '../fingerprint/fingerprint.ts';
import { HalfSipHash } from '../fingerprint/half-sip-hash.ts';

export interface StatementCacheOptions {
  /** Fresh random 32-bit integers for each process: a known seed lets others make collisions. */
  readonly seed0: number;
  readonly seed1: number;
  /** What all entries together may weigh. Default 16 MB. */
  readonly bytesMax?: number;
  /** Longer texts are not kept under their text. Default 8 kB. */
  readonly textBytesMax?: number;
}

/** The settings of a session under which a text is read. */
export interface TextRules {
  readonly standardConformingStrings: boolean;
  /** client_encoding, always spelt the same way; it is part of the key of a text whose names are not ASCII. It has to be a safe one
   *  (`isSafeClientEncoding`). */
  readonly encoding: string;
}

/** What an entry holds for: every text with its fingerprint, or, where a literal matters, its own text alone. */
export type EntryScope = 'statement' | 'text';

/** The key of a text that was looked up, for an entry that comes later. Obtained by `pending`. */
export interface PendingKey {
  readonly high: number;
  readonly low: number;
  readonly strippedLength: number;
  readonly keyword: string;
  /** Null where it is not part of the key. */
  readonly encoding: string | null;
  /** Null when it is too long to be kept. */
  readonly text: Buffer | null;
  /** Entries made from this text hold for it alone, or for none. */
  readonly textOnly: boolean;
  readonly generation: number;
}

const BYTES_MAX = 16 * 1024 * 1024;
const TEXT_BYTES_MAX = 8 * 1024;
/** No entry may weigh more than this part of all. */
const ENTRY_PART = 8;
/** What a slot weighs beside its entry, keyword and text. */
const SLOT_BYTES = 192;
const BUCKETS_MIN = 256;
const KEYWORDS_MAX = 256;

interface Slot<Entry> {
  readonly high: number;
  readonly low: number;
  readonly strippedLength: number;
  readonly keyword: string;
  readonly encoding: string | null;
  /** Set in an entry that holds for this text alone. */
  readonly text: Buffer | null;
  /** Null in the slot that says: entries of this fingerprint are kept under their texts. */
  readonly entry: Entry | null;
  readonly bytes: number;
  /** Hit since it was put at its place in the order. */
  used: boolean;
  next: Slot<Entry> | null;
  newer: Slot<Entry> | null;
  older: Slot<Entry> | null;
}

/** What is known of statements, by their fingerprints. No I/O and no clock.
 *
 *  Two texts share an entry when they have the same 64 bits of keyed hash, stripped length, first keyword and string rules, and the
 *  same client_encoding if a name is not ASCII. Where the fingerprint has too little to go by (a literal matters), an entry is kept
 *  under the whole text: found by a second keyed hash, then compared byte by byte. Over `bytesMax` entries go by the
 *  clock rule: the oldest first, but one that was hit since it was last looked at gets another round. A hit allocates nothing and
 *  writes one field. */
export class StatementCache<Entry> {
  /** Of the text looked up last; overwritten by the next. */
  readonly fingerprint: Readonly<Fingerprint>;

  readonly #found: Fingerprint = emptyFingerprint();
  readonly #fingerprinter: Fingerprinter;
  readonly #textHash: HalfSipHash;
  readonly #bytesMax: number;
  readonly #textBytesMax: number;

  #buckets: (Slot<Entry> | null)[] = new Array(BUCKETS_MIN).fill(null);
  #newest: Slot<Entry> | null = null;
  #oldest: Slot<Entry> | null = null;
  #slots = 0;
  #bytes = 0;
  #generation = 0;

  readonly #keywords = new Map<string, string>();
  #text: Uint8Array = new Uint8Array(0);
  #start = 0;
  #end = 0;
  #rules: TextRules = { standardConformingStrings: true, encoding: 'UTF8' };
  #textWords = new Int32Array(512);
  #textCopy = new Uint8Array(this.#textWords.buffer);

  hits = 0;
  misses = 0;
  evictions = 0;

  constructor(options: StatementCacheOptions) {
    this.#fingerprinter = new Fingerprinter(options.seed0, options.seed1);
    this.#textHash = new HalfSipHash(options.seed1, options.seed0);
    this.#bytesMax = options.bytesMax ?? BYTES_MAX;
    this.#textBytesMax = options.textBytesMax ?? TEXT_BYTES_MAX;
    this.fingerprint = this.#found;
  }

  /** Slots in use, the marks of statements kept under their texts among them. */
  get size(): number {
    return this.#slots;
  }

  /** What they weigh. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The entry for `text[start, end)`, or null. `text` must not change before `insert` or `pending`. */
  lookup(text: Uint8Array, start: number, end: number, rules: TextRules): Entry | null {
    const found = this.#found;
    this.#fingerprinter.read(text, start, end, rules.standardConformingStrings, found);
    this.#text = text;
    this.#start = start;
    this.#end = end;
    this.#rules = rules;
    let slot = this.#statementSlot();
    if (slot !== null && slot.entry === null) {
      slot.used = true;
      slot = end - start <= this.#textBytesMax ? this.#textSlot() : null;
    }
    if (slot === null) {
      this.misses++;
      return null;
    }
    slot.used = true;
    this.hits++;
    return slot.entry;
  }

  /** Keeps `entry`, which weighs `bytes`, for the text just looked up. @returns false when it cannot be kept */
  insert(entry: Entry, bytes: number, scope: EntryScope): boolean {
    return this.insertAt(this.pending(), entry, bytes, scope);
  }

  /** The key of the text just looked up, for `insertAt` after other texts were looked up. Copies the text. */
  pending(): PendingKey {
    const { high, low, strippedLength, unterminated, plainBackslash, nonAsciiName } = this.#found;
    const bytes = this.#end - this.#start;
    return {
      high,
      low,
      strippedLength,
      keyword: this.#interned(firstKeyword(this.#text, this.#found)),
      encoding: nonAsciiName ? this.#rules.encoding : null,
      text: bytes <= this.#textBytesMax ? Buffer.from(this.#text.subarray(this.#start, this.#end)) : null,
      // The parser reads such a text in another way than the server does.
      textOnly: unterminated || (plainBackslash && !this.#rules.standardConformingStrings),
      generation: this.#generation,
    };
  }

  /** Keeps `entry` under `key`. Never give it a syntax error with scope `statement`: where one text is wrong, another with the same
   *  fingerprint may be right. @returns false when it cannot be kept: it is too heavy, the text too long for the scope `text`, all
   *  entries were invalidated since `pending`, or the scope is `statement` and the text not one to judge others by */
  insertAt(key: PendingKey, entry: Entry, bytes: number, scope: EntryScope): boolean {
    if (key.generation !== this.#generation) return false;
    if (scope === 'statement') return !key.textOnly && this.#keep(key, null, entry, bytes);
    if (key.text === null) return false;
    this.#digestText(key.text, 0, key.text.length, key.high, key.low);
    const { high, low } = this.#textHash;
    const mark = this.#find(key.high, key.low, key.strippedLength, key.keyword, key.encoding, null);
    // What was kept for all texts no longer holds.
    if (mark === null || mark.entry !== null) this.#keep(key, null, null, 0);
    return this.#keep({ ...key, high, low }, key.text, entry, bytes);
  }

  /** Forgets everything, also what `pending` keys were taken for. */
  invalidate(): void {
    this.#generation++;
    this.#buckets = new Array(BUCKETS_MIN).fill(null);
    this.#newest = null;
    this.#oldest = null;
    this.#slots = 0;
    this.#bytes = 0;
  }

  #statementSlot(): Slot<Entry> | null {
    const { high, low, strippedLength, nonAsciiName } = this.#found;
    for (let slot = this.#buckets[low & (this.#buckets.length - 1)] ?? null; slot !== null; slot = slot.next) {
      if (
        slot.low === low &&
        slot.high === high &&
        slot.strippedLength === strippedLength &&
        slot.text === null &&
        (nonAsciiName ? slot.encoding === this.#rules.encoding : slot.encoding === null) &&
        this.#hasKeyword(slot.keyword)
      ) {
        return slot;
      }
    }
    return null;
  }

  #textSlot(): Slot<Entry> | null {
    const { strippedLength, nonAsciiName } = this.#found;
    const text = this.#text;
    const start = this.#start;
    const length = this.#end - start;
    this.#digestText(text, start, this.#end, this.#found.high, this.#found.low);
    const { high, low } = this.#textHash;
    for (let slot = this.#buckets[low & (this.#buckets.length - 1)] ?? null; slot !== null; slot = slot.next) {
      const kept = slot.text;
      if (kept === null || slot.low !== low || slot.high !== high || kept.length !== length) continue;
      if (slot.strippedLength !== strippedLength) continue;
      if (nonAsciiName ? slot.encoding !== this.#rules.encoding : slot.encoding !== null) continue;
      let same = 0;
      while (same < length && kept[same] === text[start + same]) same++;
      if (same === length) return slot;
    }
    return null;
  }

  #hasKeyword(keyword: string): boolean {
    const { firstKeywordStart: from, firstKeywordEnd: to } = this.#found;
    if (Math.min(to - from, KEYWORD_BYTES_MAX) !== keyword.length) return false;
    for (let i = 0; i < keyword.length; i++) {
      if (FOLDED[this.#text[from + i]!] !== keyword.charCodeAt(i)) return false;
    }
    return true;
  }

  /** The whole text, and the fingerprint with its string rules. */
  #digestText(text: Uint8Array, start: number, end: number, high: number, low: number): void {
    const length = end - start + 8;
    if (length + 16 > this.#textCopy.length) {
      this.#textWords = new Int32Array(((length + 16) >> 1) + 4);
      this.#textCopy = new Uint8Array(this.#textWords.buffer);
    }
    this.#textWords[0] = high;
    this.#textWords[1] = low;
    const copy = this.#textCopy;
    for (let i = start, o = 8; i < end; i++, o++) copy[o] = text[i]!;
    this.#textHash.digest(this.#textWords, copy, length);
  }

  /** One string for all entries: it is still near when they are not. */
  #interned(keyword: string): string {
    const known = this.#keywords.get(keyword);
    if (known !== undefined) return known;
    if (this.#keywords.size < KEYWORDS_MAX) this.#keywords.set(keyword, keyword);
    return keyword;
  }

  #find(
    high: number,
    low: number,
    strippedLength: number,
    keyword: string,
    encoding: string | null,
    text: Buffer | null,
  ): Slot<Entry> | null {
    for (let slot = this.#buckets[low & (this.#buckets.length - 1)] ?? null; slot !== null; slot = slot.next) {
      if (slot.low !== low || slot.high !== high || slot.strippedLength !== strippedLength) continue;
      if (slot.keyword !== keyword || slot.encoding !== encoding) continue;
      if (text === null ? slot.text === null : slot.text?.equals(text) === true) return slot;
    }
    return null;
  }

  #keep(key: PendingKey, text: Buffer | null, entry: Entry | null, entryBytes: number): boolean {
    const { high, low, strippedLength, keyword, encoding } = key;
    const bytes = SLOT_BYTES + keyword.length + (text === null ? 0 : text.length) + Math.max(0, entryBytes);
    const old = this.#find(high, low, strippedLength, keyword, encoding, text);
    if (old !== null) this.#drop(old);
    if (!(bytes <= this.#bytesMax / ENTRY_PART)) return false;
    while (this.#bytes + bytes > this.#bytesMax) this.#evict();
    if (this.#slots >= this.#buckets.length) this.#grow();
    const at = low & (this.#buckets.length - 1);
    const next = this.#buckets[at] ?? null;
    const slot: Slot<Entry> = {
      ...{ high, low, strippedLength, keyword, encoding, text, entry, bytes },
      ...{ used: false, next, newer: null, older: null },
    };
    this.#buckets[at] = slot;
    this.#link(slot);
    this.#slots++;
    this.#bytes += bytes;
    return true;
  }

  #drop(slot: Slot<Entry>): void {
    const at = slot.low & (this.#buckets.length - 1);
    let before = this.#buckets[at] ?? null;
    if (before === slot) this.#buckets[at] = slot.next;
    else {
      while (before !== null && before.next !== slot) before = before.next;
      if (before !== null) before.next = slot.next;
    }
    this.#unlink(slot);
    this.#slots--;
    this.#bytes -= slot.bytes;
  }

  #grow(): void {
    const buckets: (Slot<Entry> | null)[] = new Array(this.#buckets.length * 2).fill(null);
    for (let slot = this.#oldest; slot !== null; slot = slot.newer) {
      const at = slot.low & (buckets.length - 1);
      slot.next = buckets[at] ?? null;
      buckets[at] = slot;
    }
    this.#buckets = buckets;
  }

  /** Drops one entry that was not hit lately. */
  #evict(): void {
    for (let slot = this.#oldest; slot !== null; slot = this.#oldest) {
      if (!slot.used) {
        this.#drop(slot);
        this.evictions++;
        return;
      }
      slot.used = false;
      this.#unlink(slot);
      this.#link(slot);
    }
  }

  #link(slot: Slot<Entry>): void {
    slot.newer = null;
    slot.older = this.#newest;
    if (this.#newest === null) this.#oldest = slot;
    else this.#newest.newer = slot;
    this.#newest = slot;
  }

  #unlink(slot: Slot<Entry>): void {
    if (slot.newer === null) this.#newest = slot.older;
    else slot.newer.older = slot.older;
    if (slot.older === null) this.#oldest = slot.newer;
    else slot.older.newer = slot.newer;
  }
}
