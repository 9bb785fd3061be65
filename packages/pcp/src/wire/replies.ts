/** Replies: each payload begins with a word z. Answers of several rows begin with their number and end with a last word. */
import { encodeFrame, type Frame } from './frame.ts';
import { decodeTexts, encodeTexts } from './texts.ts';

export const COMPLETE = 'CommandComplete';
export const ARRAY_SIZE = 'ArraySize';

export const complete = (type: string, ...texts: readonly string[]): Buffer =>
  encodeFrame(type, encodeTexts(COMPLETE, ...texts));

/** `ArraySize` n, the rows, `CommandComplete`. */
export function rowsReply(type: string, rows: readonly Buffer[]): Buffer {
  return Buffer.concat([
    encodeFrame(type, encodeTexts(ARRAY_SIZE, String(rows.length))),
    ...rows.map((row) => encodeFrame(type, row)),
    complete(type),
  ]);
}

/** As `rowsReply`, but the number is a binary Int32: the configuration's own form. */
export function configurationReply(rows: readonly (readonly string[])[]): Buffer {
  const size = Buffer.alloc(ARRAY_SIZE.length + 1 + 4);
  size.write(ARRAY_SIZE, 'latin1');
  size.writeInt32BE(rows.length, ARRAY_SIZE.length + 1);
  return Buffer.concat([
    encodeFrame('b', size),
    ...rows.map(([name = '', value = '', description = '']) =>
      encodeFrame('b', encodeTexts('ProcessConfig', name, value, description)),
    ),
    complete('b'),
  ]);
}

/** The word of a reply and what follows. The word decides before the rest is read: not all of it need be text. */
export function decodeReply({ body }: Frame): { readonly word: string; readonly texts: readonly string[] } {
  const [word = '', ...texts] = decodeTexts(body);
  return { word, texts };
}
