import { namedValues, slotValues } from '../settings/reload.ts';
import type { Settings } from '../settings/settings.ts';
import {
  defaultValue,
  findParameter,
  formatValue,
  isScalarName,
  lookUpName,
  type Parameter,
  parameters,
  type Value,
} from '../table/index.ts';

/** A line of `PGPOOL SHOW`: the columns item, value and description. */
export interface ShowRow {
  readonly item: string;
  readonly value: string;
  readonly description: string;
}

/** Parameters that `PGPOOL SHOW` prints together, slot by slot, in this order. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  backend: [
    'backend_hostname',
    'backend_port',
    'backend_weight',
    'backend_data_directory',
    'backend_application_name',
    'backend_flag',
  ],
  watchdog: ['hostname', 'pgpool_port', 'wd_port'],
  heartbeat: ['heartbeat_device', 'heartbeat_hostname', 'heartbeat_port'],
  health_check: [
    'health_check_period',
    'health_check_timeout',
    'health_check_user',
    'health_check_password',
    'health_check_database',
    'health_check_max_retries',
    'health_check_retry_delay',
    'connect_timeout',
  ],
};

/** Names of groups that a name stands for. */
const GROUP_ALIASES: Readonly<Record<string, string>> = { other_pgpool: 'watchdog' };

function membersOf(name: string): readonly string[] | null {
  const group = Object.hasOwn(GROUP_ALIASES, name) ? (GROUP_ALIASES[name] as string) : name;
  return Object.hasOwn(GROUPS, group) ? (GROUPS[group] ?? null) : null;
}

/** How the answer to `PGPOOL SHOW name` is laid out: `value` one row with one column named as asked, `rows` the three
 *  columns of `ShowRow`. null: the name is not known, and the error is `showError(name)`. */
export function showLayout(name: string): 'value' | 'rows' | null {
  const wanted = name.toLowerCase();
  if (wanted === 'all' || membersOf(wanted) !== null) return 'rows';
  const found = lookUpName(name);
  if (found.kind === 'known') return 'value';
  return slotName(name) === null ? null : 'rows';
}

export const showError = (name: string): string => `config variable "${name}" not found`;

/** The rows of `PGPOOL SHOW name`; without a name those of `PGPOOL SHOW ALL`. null: the name is not known. */
export function showRows(settings: Settings, name = 'all'): readonly ShowRow[] | null {
  const wanted = name.toLowerCase();
  if (wanted === 'all') return allRows(settings);
  const members = membersOf(wanted);
  if (members !== null) return groupRows(settings, members);
  const single = slotName(name);
  if (single !== null) return groupRows(settings, [single.name]);
  const found = lookUpName(name);
  if (found.kind !== 'known') return null;
  const parameter = findParameter(found.parameter.aliasOf ?? '') ?? found.parameter;
  const item = found.parameter.aliasOf ?? found.canonical;
  const value = namedValues(settings).get(item) ?? defaultValue(parameter);
  return [row(parameter, item, value)];
}

/** A parameter that every slot has, asked for without number. */
function slotName(name: string): Parameter | null {
  const parameter = findParameter(name);
  return parameter?.indexed !== undefined && !parameter.indexed.free ? parameter : null;
}

function allRows(settings: Settings): readonly ShowRow[] {
  const grouped = new Set(Object.values(GROUPS).flat());
  const rest = parameters
    .filter((p) => p.aliasOf === undefined && !grouped.has(p.name))
    // Pgpool-II prints them in the order of its look-up table: by descending length of the name.
    .sort((a, b) => b.name.length - a.name.length);
  return [
    ...Object.values(GROUPS).flatMap((members) => groupRows(settings, members)),
    ...rest.flatMap((p) => (isScalarName(p.name) ? [row(p, p.name, settings[p.name])] : [])),
  ];
}

function groupRows(settings: Settings, members: readonly string[]): readonly ShowRow[] {
  const columns = members.map((name) => ({ name, values: new Map(slotValues(settings, name)) }));
  const ids = [...(columns[0]?.values.keys() ?? [])];
  return ids.flatMap((id) =>
    columns.flatMap(({ name, values }) => {
      const parameter = findParameter(name);
      const value = values.get(id);
      return parameter === undefined || value === undefined ? [] : [row(parameter, `${name}${id}`, value)];
    }),
  );
}

function row(parameter: Parameter, item: string, value: Value): ShowRow {
  return { item, value: shownValue(parameter, item, value), description: firstSentence(parameter.doc) };
}

/** Secrets are masked; numbers of slots are printed without unit, and of a weight the integer part. */
function shownValue(parameter: Parameter, item: string, value: Value): string {
  if (parameter.secret) return '*****';
  if (parameter.type === 'double' && typeof value === 'number') return String(Math.trunc(value));
  return formatValue(parameter, value, { plain: item !== parameter.name });
}

/** The first sentence of a paragraph without its full stop. */
export function firstSentence(doc: string): string {
  const end = doc.search(/\.(?:\s|$)/);
  return end === -1 ? doc : doc.slice(0, end);
}
