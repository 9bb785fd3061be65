export { tableFacts } from './facts.ts';
export { isGuarded } from './guarded.ts';
export { canonicalText, fileHash, fingerprintOf, keyIdOf, versionHash } from './hash.ts';
export {
  referenceOf,
  replaceSecrets,
  resolveSecrets,
  secretName,
  secretsIn,
  UnwritableSecretError,
} from './secrets.ts';
