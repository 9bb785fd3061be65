/** Payloads are mostly texts that end in a zero byte each. */

/** A zero byte cannot stand in a text: it would begin the next one. */
export function encodeTexts(...texts: readonly string[]): Buffer {
  return Buffer.from(texts.map((text) => `${text.replaceAll('\0', '')}\0`).join(''), 'utf8');
}

/** What a last text lacks in its zero byte is forgiven. */
export function decodeTexts(body: Buffer): string[] {
  const texts: string[] = [];
  let start = 0;
  while (start < body.length) {
    const zero = body.indexOf(0, start);
    const end = zero === -1 ? body.length : zero;
    texts.push(body.toString('utf8', start, end));
    start = end + 1;
  }
  return texts;
}
