export { classify } from './classify/classify.ts';
export type * from './classify/statement-class.ts';
export { isSafeClientEncoding, isUnsafeClientEncoding } from './fingerprint/client-encodings.ts';
export { emptyFingerprint, type Fingerprint, Fingerprinter, firstKeyword } from './fingerprint/fingerprint.ts';
export { PARSE_LIMITS, type ParseLimits } from './parse/limits.ts';
export type { ParseCap, ParsedStatement, ParseOutcome } from './parse/outcome.ts';
export { Parser, type ParserOptions } from './parse/parser.ts';
