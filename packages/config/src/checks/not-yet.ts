import type { Places } from '../parse/input.ts';
import type { ConfigIssue } from '../parse/issue.ts';
import type { Settings } from '../settings/settings.ts';

export interface NotYet {
  readonly name: string;
  readonly when: (settings: Settings) => boolean;
  /** `refuse`: without the feature the result would be wrong or unsafe, so the start is refused. */
  readonly verdict: 'refuse' | 'warn';
  readonly sentence: string;
}

/** What a file may ask for and this version cannot do. When a feature is built its entry goes. */
export const notYet: readonly NotYet[] = [
  {
    name: 'use_watchdog',
    when: (s) => s.use_watchdog,
    verdict: 'refuse',
    sentence: 'is on, but the watchdog is not built yet: a second proxy host would not be watched',
  },
  {
    name: 'backend_clustering_mode',
    when: (s) => s.backend_clustering_mode !== 'streaming_replication' && s.backend_clustering_mode !== 'raw',
    verdict: 'refuse',
    sentence: 'asks for a mode that is not built yet: only streaming_replication and raw are',
  },
  {
    name: 'backend_clustering_mode',
    when: (s) => s.backend_clustering_mode === 'raw' && s.backends.length > 1,
    verdict: 'warn',
    sentence: 'is raw: statements go to the first usable node, and failover between raw nodes is not built yet',
  },
  {
    name: 'pool_mode',
    when: (s) => s.pool_mode === 'transaction',
    verdict: 'refuse',
    sentence: 'is transaction, which is not built yet: use session',
  },
  {
    name: 'memory_cache_enabled',
    when: (s) => s.memory_cache_enabled,
    verdict: 'warn',
    sentence: 'is on, but the query cache is not built yet: every statement goes to a server',
  },
  {
    name: 'log_destination',
    when: (s) => /(^|,)\s*syslog\s*(,|$)/i.test(s.log_destination),
    verdict: 'warn',
    sentence: 'names syslog, which is not built yet: the log goes to stderr',
  },
];

/** Parameters that Pgpool-II needs for its process model and that change nothing here, with the reason. */
export const noEffect: Readonly<Record<string, string>> = {
  serialize_accept: 'one process accepts all connections, so nothing has to be serialised',
  process_management_mode: 'sessions do not need a process each',
  process_management_strategy: 'sessions do not need a process each',
  min_spare_children: 'sessions do not need a process each',
  max_spare_children: 'sessions do not need a process each',
  child_life_time: 'a worker serves many sessions and is not replaced after a while',
  relcache_size: 'the relation cache grows as needed',
  enable_shared_relcache: 'all workers share what one of them learned about a relation',
  memqcache_oiddir: 'which cached results depend on a table is kept in memory',
  replication_mode: 'backend_clustering_mode takes its place',
};

/** Issues about features that are not built (error or warning) and about parameters without effect (info). */
export function supportIssues(settings: Settings, where: Places, file: string): readonly ConfigIssue[] {
  const at = (parameter: string): Pick<ConfigIssue, 'file' | 'line' | 'parameter'> => {
    const place = where.get(parameter) ?? { file, line: 0 };
    return { file: place.file, line: place.line, parameter };
  };
  const asked = notYet.filter((entry) => entry.when(settings));
  const idle = Object.entries(noEffect).filter(([name]) => settings.explicit.has(name));
  return [
    ...asked.map(
      (e): ConfigIssue => ({
        ...at(e.name),
        severity: e.verdict === 'refuse' ? 'error' : 'warning',
        message: e.sentence,
      }),
    ),
    ...idle.map(
      ([name, reason]): ConfigIssue => ({ ...at(name), severity: 'info', message: `has no effect: ${reason}` }),
    ),
  ];
}
