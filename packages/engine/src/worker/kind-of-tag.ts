/** What SHOW pool_backend_stats counts a statement as, by what the server says that it did (its CommandComplete tag). */
import type { StatementRoute } from '../routing/types.ts';

/** The first four letters of a tag as one number. */
const word = (text: string): number => Buffer.from(text.padEnd(4, '\0')).readInt32BE(0);

const SELECT = word('SELE');
const INSERT = word('INSE');
const UPDATE = word('UPDA');
const DELETE = word('DELE');
/** COMMIT and COMMENT begin alike. */
const COMM = word('COMM');
const LETTER_I = 0x49;
const OTHER: ReadonlySet<number> = new Set(
  ['BEGI', 'STAR', 'ROLL', 'SAVE', 'RELE', 'PREP', 'DEAL', 'DISC', 'EXPL', 'LIST', 'UNLI', 'NOTI', 'LOAD', 'LOCK']
    .concat(['CHEC', 'VACU', 'SET', 'SET ', 'RESE', 'SHOW'])
    .map(word),
);

/** @param tag where the tag begins; a zero byte ends it */
export function kindOfTag(buffer: Buffer, tag: number): StatementRoute['countedAs'] {
  if (tag + 4 > buffer.length) return 'ddl'; // DO, at the very end
  const letters = buffer.readInt32BE(tag);
  switch (letters) {
    case SELECT:
      return 'select';
    case INSERT:
      return 'insert';
    case UPDATE:
      return 'update';
    case DELETE:
      return 'delete';
    case COMM:
      return buffer[tag + 4] === LETTER_I ? 'other' : 'ddl';
    default:
      return OTHER.has(letters) ? 'other' : 'ddl';
  }
}
