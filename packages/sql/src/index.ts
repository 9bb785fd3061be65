export { isSafeClientEncoding, isUnsafeClientEncoding } from './fingerprint/client-encodings.ts';
export { emptyFingerprint, type Fingerprint, Fingerprinter, firstKeyword } from './fingerprint/fingerprint.ts';
