import { directoryOf, resolvePath } from '../parse/file-path.ts';
import type { ConfigInput, Places } from '../parse/input.ts';
import type { ConfigIssue } from '../parse/issue.ts';
import { parseObjectRelationships, parseRedirectList, translatePatternList } from '../parse/lists.ts';
import type { Settings } from '../settings/settings.ts';
import { isScalarName, parameters } from '../table/index.ts';

/** What no single value shows: conditions between parameters. The source of each is the manual's page of the first
 *  parameter named. */
export function check(settings: Settings, where: Places, input: Pick<ConfigInput, 'file' | 'readFile'>): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  const add = (severity: ConfigIssue['severity'], parameter: string, message: string): void => {
    const place = where.get(parameter) ?? { file: input.file, line: 0 };
    issues.push({ severity, file: place.file, line: place.line, parameter, message });
  };
  checkLists(settings, add);
  checkWatchdog(settings, input, add);
  checkRecovery(settings, add);
  checkProcesses(settings, add);
  if (settings.replication_mode && settings.failover_when_quorum_exists && where.has('failover_when_quorum_exists')) {
    add('error', 'failover_when_quorum_exists', 'cannot be on together with replication_mode');
  }
  if (settings.memqcache_method === 'shmem' && settings.memqcache_maxcache > settings.memqcache_cache_block_size) {
    add('warning', 'memqcache_maxcache', 'is larger than memqcache_cache_block_size: larger results cannot be stored');
  }
  const alwaysPrimary = settings.backends.filter((b) => b.flags.alwaysPrimary);
  if (alwaysPrimary.length > 1) {
    const [first, second] = alwaysPrimary;
    add(
      'warning',
      `backend_flag${second?.id}`,
      `holds ALWAYS_PRIMARY as other nodes do: node ${first?.id}, the lowest, counts`,
    );
  }
  return issues;
}

type Add = (severity: ConfigIssue['severity'], parameter: string, message: string) => void;

function checkLists(settings: Settings, add: Add): void {
  for (const p of parameters) {
    if (p.type !== 'list' || !p.regex || !isScalarName(p.name)) continue;
    const value = settings[p.name];
    const result = translatePatternList(Array.isArray(value) ? value : []);
    if (!result.ok) add('error', p.name, result.message);
  }
  for (const name of REDIRECT_LISTS) {
    const result = parseRedirectList(settings[name]);
    if (!result.ok) add('error', name, result.message);
  }
  const related = parseObjectRelationships(settings.dml_adaptive_object_relationship_list);
  if (!related.ok) add('error', 'dml_adaptive_object_relationship_list', related.message);
}

const REDIRECT_LISTS = [
  'user_redirect_preference_list',
  'database_redirect_preference_list',
  'app_name_redirect_preference_list',
] as const;

function checkWatchdog(settings: Settings, input: Pick<ConfigInput, 'file' | 'readFile'>, add: Add): void {
  if (!settings.use_watchdog || input.readFile === undefined) return;
  const path = resolvePath(directoryOf(input.file), 'pgpool_node_id');
  let text: string;
  try {
    text = input.readFile(path);
  } catch {
    add('error', 'use_watchdog', `is on, but the file ${path} with this host's node id cannot be read`);
    return;
  }
  const id = /^\s*([0-9]{1,3})\s*$/.exec(text)?.[1];
  if (id === undefined || Number(id) > 127) {
    add('error', 'use_watchdog', `is on, but the file ${path} does not hold one number from 0 to 127`);
  } else if (!settings.watchdogNodes.some((n) => n.id === Number(id) && n.hostname !== '')) {
    add(
      'error',
      'use_watchdog',
      `is on, but hostname${Number(id)} and wd_port${Number(id)} of this host (${path}) are not given`,
    );
  }
}

function checkRecovery(settings: Settings, add: Add): void {
  for (const name of ['recovery_1st_stage_command', 'recovery_2nd_stage_command'] as const) {
    const bare = settings.backends.find((b) => b.dataDirectory === '');
    if (settings[name] !== '' && bare !== undefined)
      add('error', name, `is set, but backend_data_directory${bare.id} is not`);
  }
}

function checkProcesses(settings: Settings, add: Add): void {
  if (settings.process_management_mode !== 'dynamic') return;
  const { min_spare_children: min, max_spare_children: max, num_init_children: all } = settings;
  if (min >= max) add('error', 'min_spare_children', `must be less than max_spare_children (${min} and ${max})`);
  if (max > all) add('error', 'max_spare_children', `must not exceed num_init_children (${max} and ${all})`);
}
