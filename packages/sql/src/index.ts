export {
  type EntryScope,
  type PendingKey,
  StatementCache,
  type StatementCacheOptions,
  type TextRules,
} from './cache/statement-cache.ts';
export {
  functionBelongsToServer,
  functionTellsTransactionTime,
  settingBelongsToServer,
} from './catalog/server-functions.ts';
export { functionIsStateFree } from './catalog/state-free-functions.ts';
export { classify } from './classify/classify.ts';
export type * from './classify/statement-class.ts';
export { weightOf } from './classify/weight.ts';
export { isSafeClientEncoding, isUnsafeClientEncoding } from './fingerprint/client-encodings.ts';
export { emptyFingerprint, type Fingerprint, Fingerprinter, firstKeyword } from './fingerprint/fingerprint.ts';
export { PARSE_LIMITS, type ParseLimits } from './parse/limits.ts';
export type { ParseCap, ParsedStatement, ParseOutcome } from './parse/outcome.ts';
export { Parser, type ParserOptions } from './parse/parser.ts';
