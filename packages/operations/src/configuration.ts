/**
 * The configuration as versions: the parameter table, the files, what runs, and how a version is checked and applied.
 * In texts that leave the engine the value of a secret is `secret:<name>#<n>`; where two values have to be compared their
 * keyed fingerprints are (HMAC-SHA-256). What a version's hash is made of: `@pgherd/config/version`.
 */
import { z } from 'zod';

/** The files of a version. pool_hba.conf that is not given stays as it is. */
export const configurationFileNames = ['pgpool.conf', 'pool_hba.conf'] as const;
export type ConfigurationFileName = (typeof configurationFileNames)[number];

const FILE_CHARS_MAX = 256 * 1024;
const SECRET_CHARS_MAX = 4_096;
const SECRETS_MAX = 200;

const hash = z.string().regex(/^[0-9a-f]{64}$/);
/** 32 bytes. */
const key = z.string().regex(/^[0-9a-f]{64}$/);
const effect = z.enum(['reload', 'restart', 'new sessions', 'none']);

/** One entry of the parameter table. */
export const parameterFactsSchema = z.object({
  /** Without number: `backend_port`, of which a file has `backend_port0`. */
  name: z.string(),
  group: z.string(),
  type: z.enum(['bool', 'int', 'double', 'string', 'enum', 'list']),
  /** Of a bare number. */
  unit: z.enum(['ms', 's', 'min', 'B', 'kB']).nullable(),
  min: z.number().nullable(),
  max: z.number().nullable(),
  /** Four octal digits (file modes). */
  octal: z.boolean(),
  /** Of an enumeration. */
  values: z.array(z.string()),
  /** Accepted spellings of one of `values`. */
  synonyms: z.record(z.string(), z.string()),
  /** Between the elements of a list; null: no list. */
  separator: z.string().nullable(),
  /** Elements of the list are regular expressions. */
  regex: z.boolean(),
  /** As it is written in a file. */
  default: z.string(),
  context: z.enum(['start', 'reload', 'session']),
  /** What brings a new value into effect on a running proxy. */
  effect: z.enum(['reload', 'restart', 'new sessions']),
  /** Carries a number from 0 to `max - 1`; with `free` it may also stand alone, for all nodes. Null: no number. */
  indexed: z.object({ max: z.int(), free: z.boolean() }).nullable(),
  secret: z.boolean(),
  /** A command that the proxy runs, a path, or what guards them: changed over this API only with control_may_change_commands. */
  guarded: z.boolean(),
  origin: z.enum(['pgpool', 'pgherd']),
  /** First release that knows the name. */
  since: z.string(),
  /** An old spelling of the named parameter. */
  aliasOf: z.string().nullable(),
  /** Why it changes nothing here; null when it does. */
  noEffect: z.string().nullable(),
  /** One paragraph. */
  doc: z.string(),
});
export type ParameterFacts = z.infer<typeof parameterFactsSchema>;

export const parameterTableSchema = z.object({
  /** In the order of the sample file. */
  groups: z.array(z.string()),
  parameters: z.array(parameterFactsSchema),
  /** Names of older releases, and what they are called today. */
  renamed: z.record(z.string(), z.string()),
});
export type ParameterTableFacts = z.infer<typeof parameterTableSchema>;

export const configurationFileSchema = z.object({
  name: z.enum(configurationFileNames),
  path: z.string(),
  /** As in the file, but for secrets; null when it cannot be read. */
  text: z.string().nullable(),
  /** SHA-256 of the text with fingerprints in place of secrets; null when it cannot be read. */
  hash: hash.nullable(),
  modifiedAt: z.string().nullable(),
  writable: z.boolean(),
  /** Why it cannot be read or written: one sentence. */
  problem: z.string().nullable(),
});
export type ConfigurationFile = z.infer<typeof configurationFileSchema>;

/** A version that was applied over this API. */
export const appliedVersionSchema = z.object({ hash, appliedAt: z.string(), by: z.string() });
export type AppliedVersion = z.infer<typeof appliedVersionSchema>;

export const configurationFilesSchema = z.object({
  files: z.array(configurationFileSchema),
  /** Of all files as they are on disk now; null when one cannot be read. Give it as `expected` to an apply. */
  hash: hash.nullable(),
  /** Which key the fingerprints are made with. */
  keyId: z.string(),
  /** Names only. */
  poolPasswd: z.object({ path: z.string().nullable(), users: z.array(z.string()) }),
  pcpUsers: z.object({ path: z.string(), users: z.array(z.string()) }),
  /** The files are somebody else's to write (read-only): an apply is refused with EXTERNALLY_MANAGED. */
  externallyManaged: z.boolean(),
  externallyManagedBecause: z.string().nullable(),
  /** control_may_change_commands as it runs. */
  mayChangeCommands: z.boolean(),
  /** The last version that was applied over this API; null: none was. */
  current: appliedVersionSchema.nullable(),
});
export type ConfigurationFilesFacts = z.infer<typeof configurationFilesSchema>;

export const runningParameterSchema = z.object({
  /** With number where it has one. */
  name: z.string(),
  /** As SHOW prints it; `*****` for a secret that is set, empty for one that is not. */
  value: z.string(),
  /** Of a secret: its keyed fingerprint, to compare; null for others. */
  fingerprint: z.string().nullable(),
  source: z.enum(['default', 'file']),
  /** The value that the file had when it was loaded and that a restart brings; null: none waits. Masked as `value`. */
  afterRestart: z.string().nullable(),
  description: z.string(),
});
export type RunningParameter = z.infer<typeof runningParameterSchema>;

export const runningConfigurationSchema = z.object({
  /** Grows with each configuration that was taken. */
  snapshot: z.int(),
  loadedAt: z.string(),
  loadedBy: z.enum(['start', 'reload', 'apply', 'discovery']),
  /** Of the texts that were loaded. */
  hash: hash,
  keyId: z.string(),
  /** Names whose new values wait for a restart. */
  restartPending: z.array(z.string()),
  parameters: z.array(runningParameterSchema),
});
export type RunningConfiguration = z.infer<typeof runningConfigurationSchema>;

const filesInput = z.object({
  'pgpool.conf': z.string().max(FILE_CHARS_MAX),
  'pool_hba.conf': z.string().max(FILE_CHARS_MAX).optional(),
});
/** By reference: `secret:<name>#<n>` in a text is the value of the key `<name>#<n>` here. */
const secretsInput = z
  .record(z.string().max(200), z.string().max(SECRET_CHARS_MAX))
  .refine((secrets) => Object.keys(secrets).length <= SECRETS_MAX, `${SECRETS_MAX} secrets at most`);

export const configurationDraftSchema = z.object({
  files: filesInput,
  secrets: secretsInput.default({}),
  /** The key that `versionHash` is made with; absent: the engine's. */
  clusterKey: key.optional(),
  /** Try to reach nodes that are new or moved. */
  testNodes: z.boolean().default(false),
});
export type ConfigurationDraft = z.infer<typeof configurationDraftSchema>;

export const configurationFindingSchema = z.object({
  severity: z.enum(['error', 'warning', 'info']),
  file: z.string(),
  /** 0: of no line. */
  line: z.int(),
  name: z.string().nullable(),
  message: z.string(),
  /** As `1024 to 65535`. */
  allowed: z.string().nullable(),
});
export type ConfigurationFinding = z.infer<typeof configurationFindingSchema>;

export const configurationChangeSchema = z.object({
  name: z.string(),
  /** What runs; null: the slot is not in use. Secrets are `*****`. */
  from: z.string().nullable(),
  to: z.string().nullable(),
  effect,
  secret: z.boolean(),
  /** Not over this API, unless control_may_change_commands is on. */
  refused: z.boolean(),
});
export type ConfigurationChange = z.infer<typeof configurationChangeSchema>;

export const nodeTestSchema = z.object({
  node: z.int(),
  host: z.string(),
  port: z.int(),
  ok: z.boolean(),
  /** One sentence. */
  detail: z.string(),
  tookMs: z.number(),
});
export type NodeTest = z.infer<typeof nodeTestSchema>;

export const configurationCheckSchema = z.object({
  /** It could be applied: no error, no refused change, no missing secret. */
  ok: z.boolean(),
  /** Of this draft, by the engine's key. */
  versionHash: hash,
  keyId: z.string(),
  findings: z.array(configurationFindingSchema),
  /** Against what runs. */
  changes: z.array(configurationChangeSchema),
  /** pool_hba.conf differs from the one on disk. */
  hbaChanges: z.boolean(),
  /** What the worst change needs. */
  effect,
  /** Names that no release knows; `similar` is the nearest one that is known. */
  unknown: z.array(z.object({ file: z.string(), line: z.int(), name: z.string(), similar: z.string().nullable() })),
  renamed: z.array(z.object({ file: z.string(), line: z.int(), name: z.string(), to: z.string() })),
  /** References whose values neither came along nor are known here. */
  missingSecrets: z.array(z.string()),
  nodeTests: z.array(nodeTestSchema),
});
export type ConfigurationCheck = z.infer<typeof configurationCheckSchema>;

export const configurationVersionSchema = z.object({
  files: filesInput,
  secrets: secretsInput.default({}),
  /** Refused with CONFLICT when the engine reckons another one. By `clusterKey`, or else by the key that the engine has. */
  versionHash: hash.optional(),
  /** The hash of the files that the caller knows (`configuration.files`): refused with CONFLICT when they moved on. */
  expected: hash.optional(),
  /** 32 bytes in hexadecimal that fingerprints are made with from now on, so that engines and console can compare. */
  clusterKey: key.optional(),
  /** Why, for the event. */
  reason: z.string().max(500).default(''),
});
export type ConfigurationVersion = z.infer<typeof configurationVersionSchema>;

export const applyStepSchema = z.object({
  name: z.enum(['check', 'store', 'reload', 'commit', 'write', 'readBack']),
  state: z.enum(['done', 'failed', 'skipped']),
  detail: z.string().nullable(),
  tookMs: z.number(),
});
export type ApplyStep = z.infer<typeof applyStepSchema>;

export const applyReportSchema = z.object({
  /** `rejected`: everything is as it was before. */
  outcome: z.enum(['inStep', 'restartPending', 'rejected']),
  versionHash: hash,
  keyId: z.string(),
  /** The snapshot that runs now. */
  snapshot: z.int(),
  steps: z.array(applyStepSchema),
  /** Names that changed and are in effect. */
  changed: z.array(z.string()),
  needRestart: z.array(z.string()),
  findings: z.array(configurationFindingSchema),
  /** Why it was rejected, one sentence each. */
  errors: z.array(z.string()),
  /** Values that run and are not what the version says, those apart that wait for a restart. */
  different: z.array(z.object({ name: z.string(), wanted: z.string(), running: z.string() })),
  tookMs: z.number(),
});
export type ApplyReport = z.infer<typeof applyReportSchema>;

/** The three of drift in short: told when one of them changes. */
export const configurationStateSchema = z.object({
  keyId: z.string(),
  /** Of the files on disk; null when one cannot be read. */
  fileHash: hash.nullable(),
  fileModifiedAt: z.string().nullable(),
  /** Of the texts that were loaded last. */
  runningHash: hash,
  snapshot: z.int(),
  loadedAt: z.string(),
  current: appliedVersionSchema.nullable(),
  restartPending: z.array(z.string()),
  externallyManaged: z.boolean(),
});
export type ConfigurationState = z.infer<typeof configurationStateSchema>;
