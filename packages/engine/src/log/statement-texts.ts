/** Texts of a session's prepared statements and portals, for its log lines. The oldest go when they take too much. */

const BYTES_MAX = 1024 * 1024;
/** What a map entry takes besides its texts. */
const ENTRY_BYTES = 100;

export class StatementTexts {
  private readonly texts = new Map<string, string>();
  /** An upper bound: a portal's text is its statement's, and counted again. */
  bytes = 0;

  get(name: string): string | undefined {
    return this.texts.get(name);
  }

  /** A text that is too large by itself is not kept. */
  set(name: string, text: string): void {
    this.delete(name);
    const size = sizeOf(name, text);
    if (size > BYTES_MAX) return;
    this.texts.set(name, text);
    this.bytes += size;
    for (const oldest of this.texts.keys()) {
      if (this.bytes <= BYTES_MAX) break;
      this.delete(oldest);
    }
  }

  private delete(name: string): void {
    const text = this.texts.get(name);
    if (text === undefined) return;
    this.texts.delete(name);
    this.bytes -= sizeOf(name, text);
  }
}

/** Strings take up to two bytes a character. */
const sizeOf = (name: string, text: string): number => 2 * (name.length + text.length) + ENTRY_BYTES;
