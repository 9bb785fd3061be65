import type { HbaRule } from '../hba/rule.ts';
import type { Settings } from '../settings/settings.ts';

export interface Advice {
  /** Stable; what `ignore` names. */
  readonly code: AdviceCode;
  readonly severity: 'warning' | 'info';
  readonly message: string;
  /** Why it matters. */
  readonly reason: string;
}

export type AdviceCode =
  | 'discovered-standby-unproved'
  | 'too-few-server-connections'
  | 'always-primary-with-streaming-check'
  | 'no-health-check'
  | 'no-streaming-check'
  | 'primary-serves-reads'
  | 'no-weight'
  | 'clear-text-without-tls'
  | 'password-file-readable'
  | 'statements-visible-to-all'
  | 'connections-per-server';

export interface AdviceExtras {
  /** max_connections less the reserved ones, by place in `settings.backends`; null where it is not known. */
  readonly serverMaxConnections?: readonly (number | null)[];
  /** Access modes of files by path, as in `stat().mode`. */
  readonly fileModes?: Readonly<Record<string, number>>;
  /** The rules of pool_hba.conf, when enable_pool_hba is on. */
  readonly hbaRules?: readonly HbaRule[];
  /** How many proxies with this configuration share the servers. */
  readonly proxies?: number;
  /** Number of workers of one proxy, when it is known better than from worker_processes. */
  readonly workers?: number;
  /** Id of the primary, when it is known. */
  readonly primaryId?: number;
  /** Advice that is not wanted. */
  readonly ignore?: readonly string[];
}

/** Most connections that one proxy opens to one server at once. */
export interface ConnectionNeed {
  readonly pooled: number;
  readonly internal: number;
  readonly replication: number;
  readonly total: number;
  /** What Pgpool-II would open with the same file: each of its processes keeps its own pool. */
  readonly pgpoolTotal: number;
}

const WORKERS_ASSUMED = 2;

export function connectionsPerServer(settings: Settings, workers?: number): ConnectionNeed {
  const pooled = Math.max(settings.num_init_children, settings.max_pool);
  const internal = workers ?? (settings.worker_processes || WORKERS_ASSUMED);
  const replication = settings.replication_connections;
  const pgpoolTotal = settings.num_init_children * settings.max_pool;
  return { pooled, internal, replication, total: pooled + internal + replication, pgpoolTotal };
}

/** What a reader of this configuration should know although it is valid. */
export function configAdvice(settings: Settings, extras: AdviceExtras = {}): readonly Advice[] {
  const all = [
    ...connectionAdvice(settings, extras),
    ...nodeAdvice(settings, extras),
    ...secretAdvice(settings, extras),
  ];
  const ignored = new Set<string>(extras.ignore ?? []);
  return all.filter((advice) => !ignored.has(advice.code));
}

function connectionAdvice(settings: Settings, extras: AdviceExtras): Advice[] {
  if (settings.backends.length === 0) return [];
  const need = connectionsPerServer(settings, extras.workers);
  const proxies = extras.proxies ?? 1;
  const total = need.total * proxies;
  const known = extras.serverMaxConnections ?? [];
  const short = settings.backends.flatMap((backend, i) => {
    const limit = known[i];
    return typeof limit === 'number' && limit < total ? [`node ${backend.id} allows ${limit}`] : [];
  });
  const formula = `${need.pooled} for sessions, ${need.internal} of the proxy's own and ${need.replication} for replication`;
  const many = proxies > 1 ? `, times ${proxies} proxies` : '';
  const advice: Advice[] = [
    {
      code: 'connections-per-server',
      severity: 'info',
      message: `up to ${total} connections to each server: ${formula}${many}`,
      reason: `Pgpool-II would open up to ${need.pgpoolTotal * proxies} with the same values, because each of its processes keeps max_pool connections; here all sessions share one pool.`,
    },
  ];
  if (short.length > 0) {
    advice.push({
      code: 'too-few-server-connections',
      severity: 'warning',
      message: `up to ${total} connections may be opened to each server, but ${short.join(' and ')}`,
      reason:
        'When a server has none left, clients that the proxy has accepted fail with "too many clients already". Lower num_init_children or raise max_connections.',
    });
  }
  return advice;
}

function nodeAdvice(settings: Settings, extras: AdviceExtras): Advice[] {
  const advice: Advice[] = [];
  const { backends } = settings;
  if (backends.length === 0) return advice;
  const streaming = settings.backend_clustering_mode === 'streaming_replication';
  const declared = backends.filter((b) => b.flags.alwaysPrimary);
  if (streaming && declared.length > 0 && settings.sr_check_period > 0) {
    advice.push({
      code: 'always-primary-with-streaming-check',
      severity: 'warning',
      message: `node ${declared[0]?.id} is declared ALWAYS_PRIMARY while sr_check_period is ${settings.sr_check_period} s`,
      reason:
        'The flag turns off the search for the primary, so the check can find that another server is the primary but not act on it. Use the flag for managed services only, with sr_check_period = 0.',
    });
  }
  if (streaming && backends.length > 1 && settings.sr_check_period === 0 && declared.length === 0) {
    advice.push({
      code: 'no-streaming-check',
      severity: 'warning',
      message: 'sr_check_period is 0 although there are several servers',
      reason: 'Nothing notices that a standby was promoted or has fallen behind.',
    });
  }
  if (settings.healthChecks.every((h) => h.periodSeconds === 0)) {
    advice.push({
      code: 'no-health-check',
      severity: 'warning',
      message: 'no server has a health check',
      reason: 'A server that hangs or disappears is found by the clients that wait for it. Set health_check_period.',
    });
  }
  const reading = backends.filter((b) => b.weight > 0);
  if (settings.load_balance_mode && backends.length > 1 && reading.length === 0) {
    advice.push({
      code: 'no-weight',
      severity: 'warning',
      message: 'load_balance_mode is on, but every backend_weight is 0',
      reason: 'The default weight is 0, so no server is chosen for reads and all of them go to the primary.',
    });
  }
  const primary = backends.find((b) => b.id === extras.primaryId) ?? declared[0];
  const others = reading.filter((b) => b !== primary);
  if (settings.load_balance_mode && primary !== undefined && primary.weight > 0 && others.length > 0) {
    advice.push({
      code: 'primary-serves-reads',
      severity: 'info',
      message: `the primary, node ${primary.id}, has weight ${primary.weight} beside ${others.length} standby(s)`,
      reason: 'It takes its share of the reads although it alone can do the writes. Weight 0 keeps it free for them.',
    });
  }
  return advice;
}

function secretAdvice(settings: Settings, extras: AdviceExtras): Advice[] {
  const advice: Advice[] = [];
  const clearText = (message: string): void => {
    advice.push({
      code: 'clear-text-without-tls',
      severity: 'warning',
      message,
      reason:
        'Whoever can listen on the network learns the password. Turn on ssl and use hostssl lines, or use scram-sha-256.',
    });
  };
  if (settings.enable_pool_hba) {
    for (const rule of extras.hbaRules ?? []) {
      const plain = rule.type === 'host' || rule.type === 'hostnossl' || rule.type === 'hostnogssenc';
      if (rule.method === 'password' && plain)
        clearText(`${rule.file}:${rule.line} asks for a password in clear text without TLS`);
    }
  } else if (settings.allow_clear_text_frontend_auth && !settings.ssl) {
    clearText('allow_clear_text_frontend_auth is on and ssl is off');
  }
  for (const [path, mode] of Object.entries(extras.fileModes ?? {})) {
    if ((mode & 0o007) === 0) continue;
    advice.push({
      code: 'password-file-readable',
      severity: 'warning',
      message: `${path} is open to every user of this host (mode ${(mode & 0o777).toString(8).padStart(4, '0')})`,
      reason: 'It holds passwords or hashes that serve as such. Give it mode 0600.',
    });
  }
  const proved = settings.ssl && (settings.ssl_ca_cert !== '' || settings.ssl_ca_cert_dir !== '');
  if (settings.auto_discover_standby !== 'off' && !proved) {
    advice.push({
      code: 'discovered-standby-unproved',
      severity: 'warning',
      message: `auto_discover_standby is ${settings.auto_discover_standby}, but no server proves who it is`,
      reason:
        'Whoever may stream from the primary has sr_check_user sign in to a server of its choice. Set ssl and ssl_ca_cert, so that only servers with a certificate of that authority are asked.',
    });
  }
  if (settings.admin_users.length === 0) {
    advice.push({
      code: 'statements-visible-to-all',
      severity: 'info',
      message: 'admin_users is empty',
      reason: "As in Pgpool-II, every user can see the other users' statements and addresses in SHOW POOL_PROCESSES.",
    });
  }
  return advice;
}
