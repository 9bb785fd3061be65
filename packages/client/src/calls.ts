/** Written by `npm run docs` from the console's OpenAPI document: not by hand. */
export interface Call<Input, Output> {
  readonly input: Input;
  readonly output: Output;
}

export interface Calls {
  /** Version and health of the console: its database, what it holds, versions of the proxies. */
  readonly 'GET /about': Call<
    { readonly [name: string]: never },
    {
      readonly version: string;
      readonly node: string;
      readonly startedAt: string;
      readonly readOnly: boolean;
      readonly rssBytes: number;
      readonly database: {
        readonly kind: 'sqlite' | 'postgresql';
        readonly bytes: number | null;
        readonly answersMs: number;
        readonly healed: string | null;
        readonly copies: readonly { readonly name: string; readonly at: string; readonly bytes: number }[];
        readonly versions: number;
        readonly reports: number;
        readonly auditEntries: number;
        readonly auditSince: string | null;
      };
      readonly proxies: readonly {
        readonly cluster: string;
        readonly name: string;
        readonly connection: string;
        readonly version: string | null;
      }[];
    }
  >;
  /** The audit log, newest first, refused attempts included. */
  readonly 'GET /audit': Call<
    {
      readonly of?: string;
      readonly actor?: string;
      readonly action?: string;
      readonly text?: string;
      readonly result?: 'done' | 'refused' | 'failed';
      readonly from?: string;
      readonly to?: string;
      readonly before?: number;
      readonly limit?: number;
    },
    readonly {
      readonly seq: number;
      readonly at: string;
      readonly actor: string;
      readonly via: string;
      readonly address: string;
      readonly cluster: string;
      readonly action: string;
      readonly target: string;
      readonly details: unknown;
      readonly result: string;
      readonly hash: string;
    }[]
  >;
  /** Entries of the audit log as a file, oldest first, at most 50000; `more` says that there are others. */
  readonly 'GET /audit/export': Call<
    {
      readonly of?: string;
      readonly actor?: string;
      readonly action?: string;
      readonly text?: string;
      readonly result?: 'done' | 'refused' | 'failed';
      readonly from?: string;
      readonly to?: string;
      readonly format?: 'csv' | 'json';
    },
    {
      readonly name: string;
      readonly type: string;
      readonly text: string;
      readonly entries: number;
      readonly more: boolean;
    }
  >;
  /** Whether the chain of the audit log is whole. */
  readonly 'GET /audit/verify': Call<
    { readonly [name: string]: never },
    { readonly whole: boolean; readonly why: string }
  >;
  /** Clusters and their proxies, without credentials. */
  readonly 'GET /clusters': Call<
    { readonly [name: string]: never },
    readonly {
      readonly slug: string;
      readonly name: string;
      readonly environment: string;
      readonly proxies: readonly {
        readonly id: string;
        readonly name: string;
        readonly controlUrl: string;
        readonly connection: string;
        readonly error: string | null;
        readonly version: string | null;
      }[];
    }[]
  >;
  /** Names in pool_passwd and pcp.conf of each proxy. */
  readonly 'GET /clusters/{cluster}/accounts': Call<
    { readonly cluster: string },
    readonly {
      readonly proxy: string;
      readonly poolPasswd: readonly string[];
      readonly pcpUsers: readonly string[];
      readonly mayChangeCommands: boolean;
      readonly externallyManaged: boolean;
      readonly error: string | null;
    }[]
  >;
  /** Begins an act: attach, detach, relabel, switchover, failover, recover. Each needs its own permission; those beyond attach need a reason. In production the name of the object is repeated. It goes on when nobody waits. */
  readonly 'POST /clusters/{cluster}/acts': Call<
    {
      readonly cluster: string;
      readonly proxy?: string | null;
      readonly wish:
        | { readonly act: 'attach'; readonly node: number }
        | { readonly act: 'detach'; readonly node: number; readonly gracefully?: boolean }
        | { readonly act: 'relabel'; readonly node: number; readonly gracefully?: boolean }
        | { readonly act: 'switchover'; readonly to: number | null; readonly gracefully?: boolean }
        | { readonly act: 'failover'; readonly to: number | null; readonly acceptLoss?: boolean }
        | { readonly act: 'recover'; readonly node: number };
      readonly reason?: string;
      readonly confirm?: string;
    },
    {
      readonly id: string;
      readonly act: 'attach' | 'detach' | 'relabel' | 'switchover' | 'failover' | 'recover';
      readonly node: number | null;
      readonly by: {
        readonly door: 'pcp' | 'control' | 'cli' | 'signal' | 'sql' | 'engine';
        readonly user: string;
        readonly address: string;
      };
      readonly state: 'running' | 'done' | 'failed';
      readonly steps: readonly {
        readonly name: string;
        readonly state: 'running' | 'done' | 'failed' | 'skipped';
        readonly startedAt: string;
        readonly endedAt: string | null;
        readonly detail: string | null;
      }[];
      readonly progress: { readonly doneBytes: number; readonly totalBytes: number | null } | null;
      readonly startedAt: string;
      readonly endedAt: string | null;
      readonly error: string | null;
      readonly output: readonly string[];
    }
  >;
  /** SHOW pool_cache of each proxy; null where there is no query cache. */
  readonly 'GET /clusters/{cluster}/cache': Call<
    { readonly cluster: string },
    readonly { readonly proxy: string; readonly figures: { readonly [name: string]: string } | null }[]
  >;
  /** What each proxy says of the files: findings, changes and their effect, new nodes tried (for those who hold config.draft), saved routing cases. Changes nothing. */
  readonly 'POST /clusters/{cluster}/check': Call<
    {
      readonly cluster: string;
      readonly files: { readonly 'pgpool.conf': string; readonly 'pool_hba.conf'?: string };
      readonly testNodes?: boolean;
    },
    {
      readonly proxies: readonly {
        readonly proxy: string;
        readonly check: {
          readonly ok: boolean;
          readonly versionHash: string;
          readonly keyId: string;
          readonly findings: readonly {
            readonly severity: 'error' | 'warning' | 'info';
            readonly file: string;
            readonly line: number;
            readonly name: string | null;
            readonly message: string;
            readonly allowed: string | null;
          }[];
          readonly changes: readonly {
            readonly name: string;
            readonly from: string | null;
            readonly to: string | null;
            readonly effect: 'reload' | 'restart' | 'new sessions' | 'none';
            readonly secret: boolean;
            readonly refused: boolean;
          }[];
          readonly hbaChanges: boolean;
          readonly effect: 'reload' | 'restart' | 'new sessions' | 'none';
          readonly unknown: readonly {
            readonly file: string;
            readonly line: number;
            readonly name: string;
            readonly similar: string | null;
          }[];
          readonly renamed: readonly {
            readonly file: string;
            readonly line: number;
            readonly name: string;
            readonly to: string;
          }[];
          readonly missingSecrets: readonly string[];
          readonly nodeTests: readonly {
            readonly node: number;
            readonly host: string;
            readonly port: number;
            readonly ok: boolean;
            readonly detail: string;
            readonly tookMs: number;
          }[];
        } | null;
        readonly error: string | null;
      }[];
      readonly cases: readonly {
        readonly id: string;
        readonly name: string;
        readonly passes: boolean;
        readonly expected: readonly number[];
        readonly found: {
          readonly rule: string;
          readonly value: string;
          readonly shares: readonly { readonly node: number; readonly probability: number }[];
          readonly error: string | null;
        } | null;
        readonly error: string | null;
      }[];
      readonly ok: boolean;
    }
  >;
  /** Open drafts, the one that was worked on last first. */
  readonly 'GET /clusters/{cluster}/drafts': Call<
    { readonly cluster: string },
    readonly {
      readonly id: string;
      readonly title: string;
      readonly revision: number;
      readonly changes: number;
      readonly author: string;
      readonly source: string;
      readonly rollbackOf: number | null;
      readonly base: number | null;
      readonly updatedAt: string;
    }[]
  >;
  /** Begins a draft: with what is wanted now, or with the files that are given (an import). */
  readonly 'POST /clusters/{cluster}/drafts': Call<
    {
      readonly cluster: string;
      readonly title?: string;
      readonly files?: { readonly 'pgpool.conf': string; readonly 'pool_hba.conf'?: string };
    },
    {
      readonly id: string;
      readonly title: string;
      readonly revision: number;
      readonly changes: number;
      readonly author: string;
      readonly source: string;
      readonly rollbackOf: number | null;
      readonly base: number | null;
      readonly updatedAt: string;
    }
  >;
  /** One draft: its files, what it changes, and whether what is wanted moved on meanwhile. */
  readonly 'GET /clusters/{cluster}/drafts/{id}': Call<
    { readonly cluster: string; readonly id: string },
    {
      readonly id: string;
      readonly title: string;
      readonly revision: number;
      readonly changes: number;
      readonly author: string;
      readonly source: string;
      readonly rollbackOf: number | null;
      readonly base: number | null;
      readonly updatedAt: string;
      readonly files: { readonly 'pgpool.conf': string; readonly 'pool_hba.conf'?: string };
      readonly baseFiles: { readonly 'pgpool.conf': string; readonly 'pool_hba.conf'?: string };
      readonly differences: readonly {
        readonly name: string;
        readonly from: string | null;
        readonly to: string | null;
      }[];
      readonly hbaChanged: boolean;
      readonly conflict: {
        readonly baseNumber: number | null;
        readonly wantedNumber: number;
        readonly theirs: readonly { readonly name: string; readonly from: string | null; readonly to: string | null }[];
        readonly both: readonly string[];
      } | null;
    }
  >;
  /** Saves a draft. A revision that is not the newest is refused with DRAFT_MOVED. */
  readonly 'PUT /clusters/{cluster}/drafts/{id}': Call<
    {
      readonly cluster: string;
      readonly id: string;
      readonly revision: number;
      readonly files?: { readonly 'pgpool.conf': string; readonly 'pool_hba.conf'?: string };
      readonly title?: string;
    },
    {
      readonly id: string;
      readonly title: string;
      readonly revision: number;
      readonly changes: number;
      readonly author: string;
      readonly source: string;
      readonly rollbackOf: number | null;
      readonly base: number | null;
      readonly updatedAt: string;
      readonly files: { readonly 'pgpool.conf': string; readonly 'pool_hba.conf'?: string };
    }
  >;
  /** Discards a draft. */
  readonly 'DELETE /clusters/{cluster}/drafts/{id}': Call<
    { readonly cluster: string; readonly id: string },
    { readonly done: true }
  >;
  /** Makes the draft a version and brings it to all proxies. What moved meanwhile is a CONFLICT: rebase first. In production the cluster’s name is repeated. */
  readonly 'POST /clusters/{cluster}/drafts/{id}/apply': Call<
    {
      readonly cluster: string;
      readonly id: string;
      readonly revision: number;
      readonly reason: string;
      readonly strategy?: 'all' | 'oneByOne';
      readonly overwriteDrift?: boolean;
      readonly confirm?: string;
    },
    { readonly run: string; readonly version: number }
  >;
  /** Puts the draft’s own changes on top of what is wanted now. */
  readonly 'POST /clusters/{cluster}/drafts/{id}/rebase': Call<
    { readonly cluster: string; readonly id: string; readonly revision: number },
    {
      readonly id: string;
      readonly title: string;
      readonly revision: number;
      readonly changes: number;
      readonly author: string;
      readonly source: string;
      readonly rollbackOf: number | null;
      readonly base: number | null;
      readonly updatedAt: string;
    }
  >;
  /** Where the wanted version, a proxy’s file and what it runs differ. */
  readonly 'GET /clusters/{cluster}/drift': Call<
    { readonly cluster: string },
    {
      readonly wanted: number | null;
      readonly proxies: readonly {
        readonly proxy: string;
        readonly error: string | null;
        readonly lines: readonly {
          readonly name: string;
          readonly wanted: string | null;
          readonly file: string | null;
          readonly running: string | null;
          readonly secret: boolean;
        }[];
        readonly hbaDiffers: boolean;
        readonly unloaded: boolean;
        readonly fileModifiedAt: string | null;
        readonly pending: readonly string[];
        readonly externallyManaged: boolean;
      }[];
    }
  >;
  /** A draft that takes over what somebody changed in a proxy’s file. */
  readonly 'POST /clusters/{cluster}/drift/adopt': Call<
    { readonly cluster: string; readonly proxy: string; readonly names: readonly string[] },
    { readonly draft: string }
  >;
  /** What has happened, newest last: the journals of all proxies, as far as they are kept. */
  readonly 'GET /clusters/{cluster}/events': Call<
    { readonly cluster: string; readonly limit?: number },
    readonly { readonly [name: string]: unknown }[]
  >;
  /** Acts that ended, newest first. */
  readonly 'GET /clusters/{cluster}/operations': Call<
    { readonly cluster: string; readonly limit?: number },
    readonly { readonly proxy: string; readonly by: string; readonly reason: string; readonly operation: unknown }[]
  >;
  /** Calls a running recovery off: it ends as failed, and the herd is as it was. Needs what beginning it needs. Other acts cannot be called off. */
  readonly 'POST /clusters/{cluster}/operations/{id}/cancel': Call<
    { readonly cluster: string; readonly id: string; readonly proxy?: string | null; readonly reason?: string },
    {
      readonly id: string;
      readonly act: 'attach' | 'detach' | 'relabel' | 'switchover' | 'failover' | 'recover';
      readonly node: number | null;
      readonly by: {
        readonly door: 'pcp' | 'control' | 'cli' | 'signal' | 'sql' | 'engine';
        readonly user: string;
        readonly address: string;
      };
      readonly state: 'running' | 'done' | 'failed';
      readonly steps: readonly {
        readonly name: string;
        readonly state: 'running' | 'done' | 'failed' | 'skipped';
        readonly startedAt: string;
        readonly endedAt: string | null;
        readonly detail: string | null;
      }[];
      readonly progress: { readonly doneBytes: number; readonly totalBytes: number | null } | null;
      readonly startedAt: string;
      readonly endedAt: string | null;
      readonly error: string | null;
      readonly output: readonly string[];
    }
  >;
  /** The parameter table of the proxies: types, units, ranges, defaults, what a change needs, documentation. */
  readonly 'GET /clusters/{cluster}/parameters': Call<
    { readonly cluster: string; readonly proxy?: string | null },
    {
      readonly groups: readonly string[];
      readonly parameters: readonly {
        readonly name: string;
        readonly group: string;
        readonly type: 'bool' | 'int' | 'double' | 'string' | 'enum' | 'list';
        readonly unit: ('ms' | 's' | 'min' | 'B' | 'kB') | null;
        readonly min: number | null;
        readonly max: number | null;
        readonly octal: boolean;
        readonly values: readonly string[];
        readonly synonyms: { readonly [name: string]: string };
        readonly separator: string | null;
        readonly regex: boolean;
        readonly default: string;
        readonly context: 'start' | 'reload' | 'session';
        readonly effect: 'reload' | 'restart' | 'new sessions';
        readonly indexed: { readonly max: number; readonly free: boolean } | null;
        readonly secret: boolean;
        readonly guarded: boolean;
        readonly origin: 'pgpool' | 'pgherd';
        readonly since: string;
        readonly aliasOf: string | null;
        readonly noEffect: string | null;
        readonly doc: string;
      }[];
      readonly renamed: { readonly [name: string]: string };
    }
  >;
  /** For each node: what happens if it dies now, by the last known figures. */
  readonly 'GET /clusters/{cluster}/plan': Call<
    { readonly cluster: string; readonly proxy?: string | null },
    readonly {
      readonly node: number;
      readonly outcome: 'failover' | 'readsMove' | 'waitForPrimary' | 'standsStill' | 'nothing';
      readonly summary: string;
      readonly candidate: number | null;
      readonly candidates: readonly {
        readonly node: number;
        readonly eligible: boolean;
        readonly reasons: readonly string[];
        readonly timeline: number | null;
        readonly receivedLsn: string | null;
        readonly replayLsn: string | null;
        readonly behindBytes: number | null;
        readonly syncState: string;
      }[];
      readonly lostBytes: { readonly atLeast: number | null; readonly none: boolean; readonly asOf: string | null };
      readonly preconditions: readonly {
        readonly name: string;
        readonly ok: boolean;
        readonly detail: string;
        readonly remedy: string | null;
      }[];
      readonly estimateMs: { readonly detect: number; readonly promote: number; readonly total: number };
      readonly failoverBy: 'external' | 'command' | 'builtin';
    }[]
  >;
  /** Notes that somebody has seen a problem. */
  readonly 'POST /clusters/{cluster}/problems/acknowledge': Call<
    { readonly cluster: string; readonly problem: string; readonly note?: string },
    { readonly done: true }
  >;
  /** The proxy empties its query cache. */
  readonly 'POST /clusters/{cluster}/proxies/{proxy}/clear-cache': Call<
    { readonly cluster: string; readonly proxy: string; readonly reason?: string },
    { readonly done: true }
  >;
  /** Brings what is wanted once more to a proxy, over what was changed there. */
  readonly 'POST /clusters/{cluster}/proxies/{proxy}/push-back': Call<
    { readonly cluster: string; readonly proxy: string; readonly reason: string; readonly confirm?: string },
    { readonly run: string; readonly version: number }
  >;
  /** The proxy reads its configuration again. */
  readonly 'POST /clusters/{cluster}/proxies/{proxy}/reload': Call<
    { readonly cluster: string; readonly proxy: string; readonly reason?: string },
    {
      readonly ok: boolean;
      readonly changed: readonly string[];
      readonly needRestart: readonly string[];
      readonly errors: readonly string[];
      readonly warnings: readonly string[];
      readonly tookMs: number;
    }
  >;
  /** The proxy opens its log file anew. */
  readonly 'POST /clusters/{cluster}/proxies/{proxy}/rotate-log': Call<
    { readonly cluster: string; readonly proxy: string; readonly reason?: string },
    { readonly done: true }
  >;
  /** Cancels what sessions run, as their clients could. */
  readonly 'POST /clusters/{cluster}/proxies/{proxy}/sessions/cancel': Call<
    {
      readonly cluster: string;
      readonly proxy: string;
      readonly reason?: string;
      readonly sessions: readonly { readonly id: string; readonly user?: string; readonly connectedAt?: string }[];
    },
    readonly { readonly id: string; readonly outcome: 'done' | 'idle' | 'gone' | 'another' | 'noAnswer' }[]
  >;
  /** Ends clients’ sessions at the proxy; server processes are not terminated. */
  readonly 'POST /clusters/{cluster}/proxies/{proxy}/sessions/end': Call<
    {
      readonly cluster: string;
      readonly proxy: string;
      readonly reason?: string;
      readonly sessions: readonly { readonly id: string; readonly user?: string; readonly connectedAt?: string }[];
    },
    readonly { readonly id: string; readonly outcome: 'done' | 'idle' | 'gone' | 'another' | 'noAnswer' }[]
  >;
  /** What an act would do, and every check it has to pass, without doing it. */
  readonly 'POST /clusters/{cluster}/rehearse': Call<
    {
      readonly cluster: string;
      readonly proxy?: string | null;
      readonly wish:
        | { readonly act: 'attach'; readonly node: number }
        | { readonly act: 'detach'; readonly node: number; readonly gracefully?: boolean }
        | { readonly act: 'relabel'; readonly node: number; readonly gracefully?: boolean }
        | { readonly act: 'switchover'; readonly to: number | null; readonly gracefully?: boolean }
        | { readonly act: 'failover'; readonly to: number | null; readonly acceptLoss?: boolean }
        | { readonly act: 'recover'; readonly node: number };
    },
    {
      readonly possible: boolean;
      readonly node: number | null;
      readonly effect: string;
      readonly checks: readonly {
        readonly name: string;
        readonly ok: boolean;
        readonly detail: string;
        readonly remedy: string | null;
      }[];
    }
  >;
  /** Statements by the running configuration and by another one. */
  readonly 'POST /clusters/{cluster}/routes/compare': Call<
    {
      readonly cluster: string;
      readonly proxy?: string | null;
      readonly statements: readonly string[];
      readonly database: string;
      readonly user: string;
      readonly application?: string;
      readonly inTransaction?: boolean;
      readonly afterWrite?: boolean;
      readonly configuration: string;
    },
    readonly {
      readonly sql: string;
      readonly running: {
        readonly rule: string;
        readonly value: string;
        readonly shares: readonly { readonly node: number; readonly probability: number }[];
        readonly error: string | null;
      };
      readonly draft: {
        readonly rule: string;
        readonly value: string;
        readonly shares: readonly { readonly node: number; readonly probability: number }[];
        readonly error: string | null;
      };
      readonly changed: boolean;
    }[]
  >;
  /** Where a statement would go, rule by rule. Nothing is executed. */
  readonly 'POST /clusters/{cluster}/routes/explain': Call<
    {
      readonly cluster: string;
      readonly proxy?: string | null;
      readonly question: {
        readonly sql: string;
        readonly database: string;
        readonly user: string;
        readonly application?: string;
        readonly inTransaction?: boolean;
        readonly afterWrite?: boolean;
        readonly configuration?: string;
      };
    },
    {
      readonly rows: readonly {
        readonly rule: string;
        readonly verdict: 'passes' | 'decides';
        readonly value: string;
        readonly node: number | null;
      }[];
    }
  >;
  /** Runs one SELECT through the proxy, read-only, and tells which node answered. */
  readonly 'POST /clusters/{cluster}/routes/probe': Call<
    {
      readonly cluster: string;
      readonly proxy?: string | null;
      readonly sql: string;
      readonly database: string;
      readonly user?: string;
      readonly application?: string;
    },
    {
      readonly node: number | null;
      readonly predicted: {
        readonly rule: string;
        readonly value: string;
        readonly shares: readonly { readonly node: number; readonly probability: number }[];
        readonly error: string | null;
      };
      readonly agrees: boolean;
      readonly rows: number;
      readonly error: string | null;
      readonly tookMs: number;
    }
  >;
  /** The saved routing cases. */
  readonly 'GET /clusters/{cluster}/routing-cases': Call<
    { readonly cluster: string },
    readonly {
      readonly id: string;
      readonly name: string;
      readonly question: {
        readonly sql: string;
        readonly database: string;
        readonly user: string;
        readonly application: string;
        readonly inTransaction: boolean;
        readonly afterWrite: boolean;
      };
      readonly expected: readonly number[];
      readonly by: string;
    }[]
  >;
  /** Keeps a statement and the nodes that it may go to. */
  readonly 'POST /clusters/{cluster}/routing-cases': Call<
    {
      readonly cluster: string;
      readonly name: string;
      readonly question: {
        readonly sql: string;
        readonly database: string;
        readonly user: string;
        readonly application?: string;
        readonly inTransaction?: boolean;
        readonly afterWrite?: boolean;
      };
      readonly expected: readonly number[];
    },
    { readonly id: string }
  >;
  /** Forgets a routing case. */
  readonly 'DELETE /clusters/{cluster}/routing-cases/{id}': Call<
    { readonly cluster: string; readonly id: string },
    { readonly done: true }
  >;
  /** The running values of each proxy. */
  readonly 'GET /clusters/{cluster}/running': Call<
    { readonly cluster: string },
    readonly {
      readonly proxy: string;
      readonly error: string | null;
      readonly loadedAt: string | null;
      readonly pending: readonly string[];
      readonly parameters: readonly {
        readonly name: string;
        readonly value: string;
        readonly fingerprint: string | null;
        readonly source: 'default' | 'file';
        readonly afterRestart: string | null;
        readonly description: string;
      }[];
    }[]
  >;
  /** How an apply goes on, step by step and proxy by proxy. */
  readonly 'GET /clusters/{cluster}/runs/{id}': Call<
    { readonly cluster: string; readonly id: string },
    { readonly [name: string]: unknown }
  >;
  /** Begins with no further proxy. */
  readonly 'POST /clusters/{cluster}/runs/{id}/stop': Call<
    { readonly cluster: string; readonly id: string },
    { readonly stopped: boolean }
  >;
  /** Which secrets are kept: names, numbers, when and by whom. Never the values. */
  readonly 'GET /clusters/{cluster}/secrets': Call<
    { readonly cluster: string },
    readonly { readonly name: string; readonly n: number; readonly by: string; readonly createdAt: string }[]
  >;
  /** Keeps a secret and gives its reference, for a draft’s text. It cannot be read again. */
  readonly 'POST /clusters/{cluster}/secrets': Call<
    { readonly cluster: string; readonly name: string; readonly value: string },
    { readonly reference: string }
  >;
  /** What the server processes of sessions do, by pg_stat_activity. */
  readonly 'POST /clusters/{cluster}/sessions/activity': Call<
    {
      readonly cluster: string;
      readonly proxy?: string | null;
      readonly nodes: readonly { readonly node: number; readonly pids: readonly number[] }[];
    },
    readonly {
      readonly node: number;
      readonly error: string | null;
      readonly rows: readonly {
        readonly pid: number;
        readonly state: string | null;
        readonly waitEventType: string | null;
        readonly waitEvent: string | null;
        readonly queryStart: string | null;
        readonly transactionStart: string | null;
        readonly stateChange: string | null;
        readonly backendType: string | null;
      }[];
    }[]
  >;
  /** The picture of a cluster as it is now: health, nodes, proxies, problems. */
  readonly 'GET /clusters/{cluster}/status': Call<{ readonly cluster: string }, { readonly [name: string]: unknown }>;
  /** All versions of the configuration, newest first. */
  readonly 'GET /clusters/{cluster}/versions': Call<
    { readonly cluster: string },
    readonly {
      readonly number: number;
      readonly hash: string;
      readonly author: string;
      readonly reason: string;
      readonly source: string;
      readonly rollbackOf: number | null;
      readonly parent: number | null;
      readonly createdAt: string;
      readonly wanted: boolean;
      readonly outcome: { readonly [name: string]: string };
      readonly liveFrom: string | null;
    }[]
  >;
  /** Takes the files of a proxy as they are as a new version, which is then what is wanted. */
  readonly 'POST /clusters/{cluster}/versions/import': Call<
    { readonly cluster: string; readonly proxy?: string | null; readonly reason?: string },
    { readonly number: number; readonly proxy: string }
  >;
  /** What differs between two versions, parameter by parameter. */
  readonly 'GET /clusters/{cluster}/versions/{from}/compare/{to}': Call<
    { readonly cluster: string; readonly from: number; readonly to: number },
    {
      readonly changes: readonly { readonly name: string; readonly from: string | null; readonly to: string | null }[];
      readonly hbaChanged: boolean;
      readonly from: { readonly 'pgpool.conf': string; readonly 'pool_hba.conf'?: string };
      readonly to: { readonly 'pgpool.conf': string; readonly 'pool_hba.conf'?: string };
    }
  >;
  /** The files of one version, with references in place of secrets. */
  readonly 'GET /clusters/{cluster}/versions/{number}': Call<
    { readonly cluster: string; readonly number: number },
    {
      readonly number: number;
      readonly hash: string;
      readonly author: string;
      readonly reason: string;
      readonly source: string;
      readonly rollbackOf: number | null;
      readonly parent: number | null;
      readonly createdAt: string;
      readonly wanted: boolean;
      readonly outcome: { readonly [name: string]: string };
      readonly liveFrom: string | null;
      readonly files: { readonly 'pgpool.conf': string; readonly 'pool_hba.conf'?: string };
    }
  >;
  /** A new draft with the files of an old version. It takes effect when it is applied. */
  readonly 'POST /clusters/{cluster}/versions/{number}/rollback': Call<
    { readonly cluster: string; readonly number: number; readonly reason: string },
    { readonly draft: string }
  >;
  /** What is wanted now: number and files; null before the first import. */
  readonly 'GET /clusters/{cluster}/wanted': Call<
    { readonly cluster: string },
    {
      readonly number: number;
      readonly files: { readonly 'pgpool.conf': string; readonly 'pool_hba.conf'?: string };
    } | null
  >;
  /** Who calls, and what may be done where. */
  readonly 'GET /me': Call<
    { readonly [name: string]: never },
    {
      readonly user: {
        readonly id: string;
        readonly name: string;
        readonly admin: boolean;
        readonly locale: string;
        readonly theme: string;
        readonly timeZone: string | null;
        readonly secondFactor: boolean;
      } | null;
      readonly via: ('session' | 'token') | null;
      readonly permissions: readonly string[];
      readonly clusters: readonly {
        readonly slug: string;
        readonly name: string;
        readonly environment: string;
        readonly proxies: readonly string[];
        readonly roles: readonly string[];
        readonly permissions: readonly string[];
      }[];
      readonly readOnly: boolean;
      readonly fresh: boolean;
    }
  >;
  /** API tokens: names, scopes, last use. Never the tokens. */
  readonly 'GET /tokens': Call<
    { readonly [name: string]: never },
    readonly {
      readonly id: string;
      readonly name: string;
      readonly by: string;
      readonly scopes: readonly string[];
      readonly clusters: readonly string[];
      readonly createdAt: string;
      readonly expiresAt: string;
      readonly lastUsedAt: string | null;
      readonly revoked: boolean;
    }[]
  >;
  /** Everybody with an account. */
  readonly 'GET /users': Call<
    { readonly [name: string]: never },
    readonly {
      readonly id: string;
      readonly name: string;
      readonly admin: boolean;
      readonly secondFactor: boolean;
      readonly invited: boolean;
      readonly disabled: boolean;
      readonly createdAt: string;
      readonly lastSeenAt: string | null;
      readonly grants: readonly {
        readonly cluster: string;
        readonly roles: readonly string[];
        readonly extra: readonly string[];
      }[];
    }[]
  >;
}

export type CallName = keyof Calls;
export type InputOf<Name extends CallName> = Calls[Name]['input'];
export type OutputOf<Name extends CallName> = Calls[Name]['output'];
