import type { Node } from 'libpg-query';

/** One statement of a text. */
export interface ParsedStatement {
  /** Raw parse tree of PostgreSQL 18. */
  readonly tree: Node;
  /** Range in the text's UTF-8 bytes; comments before the first token may be inside. */
  readonly startByte: number;
  readonly endByte: number;
}

export type ParseCap = 'text-bytes' | 'tokens' | 'nesting' | 'block-comments';

export type ParseOutcome =
  | {
      readonly kind: 'parsed';
      readonly statements: readonly ParsedStatement[];
      /** Lists of literals were cut to their first item (`shortenLists`). Only for texts that the thread parsed. */
      readonly listsShortened: boolean;
    }
  /** `cursor` counts characters from 0. */
  | { readonly kind: 'syntax-error'; readonly message: string; readonly cursor: number }
  | { readonly kind: 'over-cap'; readonly cap: ParseCap }
  /** The parser broke on this text and was replaced. */
  | { readonly kind: 'parser-lost' }
  /** No answer within the deadline, or too many long texts waiting. */
  | { readonly kind: 'timeout' };
