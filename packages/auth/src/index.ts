export { AuthCache, type AuthCacheOptions } from './auth-query/cache.ts';
export { type AuthKnowledge, AuthQueryError, type AuthRow, authKnowledge, decodeAuthRow } from './auth-query/row.ts';
export { AUTH_QUERY, AUTH_QUERY_SCRIPT, AUTH_ROLE } from './auth-query/script.ts';
export {
  type BackendMethodName,
  type BackendSignIn,
  type BackendSignInOptions,
  type BackendStep,
  createBackendSignIn,
} from './backend/sign-in.ts';
export {
  type CredentialParts,
  type Credentials,
  createCredentials,
  credentialsOfEntry,
  provedByBackend,
  type Secret,
} from './credentials.ts';
export type { FrontendContext, FrontendTls } from './frontend/context.ts';
export { hbaRefusal } from './frontend/hba-refusal.ts';
export { type DerivedMethod, methodForBackendRequest } from './frontend/method-for-backend-request.ts';
export { createFrontendMethod, type FrontendMethodName } from './frontend/sign-in.ts';
export type { FrontendMethod, FrontendStep, Refusal } from './frontend/step.ts';
export { isMd5Hash, md5Hash, md5Response, sameBytes, verifyMd5Response } from './md5.ts';
export { type ClientChannelBinding, ScramClient, type ScramClientOptions } from './scram/client.ts';
export { ScramError } from './scram/error.ts';
export {
  buildVerifier,
  clearKeyCache,
  deriveKeys,
  formatVerifier,
  ITERATIONS_DEFAULT,
  ITERATIONS_MAX,
  matchesVerifier,
  parseVerifier,
  type ScramKeys,
  type ScramVerifier,
} from './scram/keys.ts';
export { preparePassword, saslprep } from './scram/saslprep.ts';
export {
  mockVerifier,
  SCRAM_SHA_256,
  SCRAM_SHA_256_PLUS,
  ScramServer,
  type ScramServerOptions,
  type ScramServerOutcome,
  stableSalt,
} from './scram/server.ts';
export { type ClientCertificate, clientCertificate } from './tls/client-certificate.ts';
export { type ClientTls, createClientTls, createServerTls, type ServerTls } from './tls/contexts.ts';
export { TlsConfigurationError } from './tls/error.ts';
export { serverEndPointHash } from './tls/server-end-point.ts';
export type { TlsSettings } from './tls/settings.ts';
