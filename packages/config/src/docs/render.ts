import { noEffect, notYet } from '../checks/not-yet.ts';
import { quoteValue } from '../parse/document.ts';
import { DEAD, RENAMED } from '../parse/renamed.ts';
import { firstSentence } from '../show/show.ts';
import { allowedOf, formatValue, groups, type Parameter, parameters, splitList } from '../table/index.ts';

/** Every file that derives from the table, by its path in the repository. */
export function renderAll(): Readonly<Record<string, string>> {
  return {
    'docs/parameters.md': renderReference(),
    'compat/etc/pgpool.conf.sample': renderSample(new Map()),
    'compat/etc/pgpool.conf.sample-stream': renderSample(STREAM),
    'compat/etc/pool_hba.conf.sample': POOL_HBA,
    'compat/etc/pcp.conf.sample': PCP_CONF,
  };
}

const MADE_BY =
  'Made by `npm run docs` from the parameter table (packages/config/src/table). Edit that, not this page.';

/** docs/parameters.md */
export function renderReference(): string {
  const own = parameters.filter((p) => p.origin === 'pgherd').length;
  const lines = [
    '# Parameters',
    '',
    MADE_BY,
    '',
    `pgherd reads the ${parameters.length - own} parameters of Pgpool-II 4.7 under their own names, and ${own} more that are marked *pgherd*.`,
    'A value takes effect **at start**, on **reload** (also without a restart), or in a **session** (also by `PGPOOL SET`).',
    'Names that end in N carry a number from 0: that of a server, or of a proxy host.',
    '',
    ...groups.map(({ title }) => `- [${title}](#${anchor(title)})`),
    '- [Old names](#old-names)',
  ];
  for (const { title } of groups) {
    lines.push('', `## ${title}`);
    for (const p of parameters) if (p.group === title) lines.push('', ...renderParameter(p));
  }
  lines.push('', ...renderOldNames());
  return `${lines.join('\n')}\n`;
}

const anchor = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z -]/g, '')
    .replaceAll(' ', '-');

const EFFECT = { start: 'at start', reload: 'reload', session: 'session' } as const;

function renderParameter(p: Parameter): string[] {
  const suffix = p.indexed === undefined ? '' : p.indexed.free ? ', also with N' : '';
  const heading = `### ${p.name}${p.indexed !== undefined && !p.indexed.free ? 'N' : ''}`;
  if (p.aliasOf !== undefined) return [heading, '', `${p.doc} It is accepted with a warning.`];
  const facts = [
    p.type === 'list' && p.regex ? 'list of regular expressions' : p.type,
    `default ${code(formatValue(p, splitDefault(p)))}`,
    ...(p.type === 'string' || p.type === 'bool' ? [] : [allowedOf(p)]),
    ...('unit' in p && p.unit !== undefined ? [`a bare number is in ${p.unit}`] : []),
    `takes effect: ${EFFECT[p.context]}${p.documentedContext === undefined ? '' : ` (Pgpool-II's manual says ${EFFECT[p.documentedContext]})`}`,
    p.origin === 'pgherd' ? '*pgherd*' : `since Pgpool-II ${p.since}`,
  ];
  const notes = notYet.filter((entry) => entry.name === p.name).map((entry) => verdict(p.name, entry));
  const reason = Object.hasOwn(noEffect, p.name) ? noEffect[p.name] : undefined;
  if (reason !== undefined) notes.push(`> Has no effect in pgherd: ${reason}.`);
  return [
    `${heading}${suffix}`,
    '',
    `${facts.join(' · ')}`,
    '',
    p.doc,
    ...(p.secret ? ['', 'Shown as `*****`.'] : []),
    ...notes.flatMap((n) => ['', n]),
  ];
}

const verdict = (name: string, entry: (typeof notYet)[number]): string =>
  `> ${entry.verdict === 'refuse' ? 'Refused at start' : 'Warned about at start'}: ${name} ${entry.sentence}.`;

const code = (text: string): string => (text === '' ? 'empty' : `\`${text}\``);

const splitDefault = (p: Parameter): ReturnType<typeof splitList> | string | number | boolean =>
  p.type === 'list' ? splitList(p.default, p.separator) : p.default;

function renderOldNames(): string[] {
  const aliases = parameters.flatMap((p) => (p.aliasOf === undefined ? [] : [[p.name, p.aliasOf] as const]));
  const renamed = [...aliases, ...Object.entries(RENAMED)].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    '## Old names',
    '',
    'A file of an older Pgpool-II loads and means the same. Each old name gives one warning that names the new one.',
    '',
    '| Old | Today |',
    '|---|---|',
    ...renamed.map(([old, now]) => `| ${old} | ${now} |`),
    '| master_slave_mode, master_slave_sub_mode, replication_mode | backend_clustering_mode |',
    '| debug_level | log_min_messages |',
    '| print_timestamp, print_user | log_line_prefix |',
    '| relcache_query_target = master | relcache_query_target = primary |',
    '| backend_socket_dir | backend_hostnameN that begins with / |',
    '| wd_hostname, wd_port, wd_heartbeat_port | hostname0, wd_port0, heartbeat_port0: the own host becomes number 0 |',
    '| other_pgpool_hostnameN, other_pgpool_portN, other_wd_portN | hostname, pgpool_port, wd_port with N + 1 |',
    '| heartbeat_destinationN, heartbeat_destination_portN, heartbeat_deviceN beside them | heartbeat_hostname, heartbeat_port, heartbeat_device with N + 1 |',
    '',
    'These are ignored with a warning:',
    '',
    ...Object.entries(DEAD).map(([name, reason]) => `- ${name.endsWith('_') ? `${name}*` : name}: ${reason}`),
  ];
}

/** Values that a sample shows in place of the default, because the default means "not used". */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  backend_hostname: ['host1', 'host2'],
  backend_port: ['5432', '5433'],
  backend_weight: ['1', '1'],
  backend_data_directory: ['/data', '/data1'],
  backend_flag: ['ALLOW_TO_FAILOVER', 'ALLOW_TO_FAILOVER'],
  backend_application_name: ['server0', 'server1'],
  hostname: ['host1', 'host2'],
  wd_port: ['9000', '9000'],
  pgpool_port: ['9999', '9999'],
  heartbeat_hostname: ['host1', 'host2'],
  heartbeat_port: ['9694', '9694'],
  heartbeat_device: ['', ''],
};

const STREAM: ReadonlyMap<string, string> = new Map([
  ['backend_clustering_mode', 'streaming_replication'],
  ['load_balance_mode', 'on'],
  ['sr_check_period', '10'],
]);

/** A pgpool.conf in which every parameter is commented out, at its default. `set` names those that are in effect. */
export function renderSample(set: ReadonlyMap<string, string>): string {
  const lines = [
    '# pgpool.conf: a sample for pgherd',
    '#',
    '# Each line is "name = value"; the "=" may be left out. Text with characters other than letters, digits and',
    '# _ - . : / stands in single quotes. Units are B kB MB GB TB and us ms s min h d. When a name occurs twice, the later',
    '# one counts. What is commented out here shows the default. "(start)" takes effect at the next start, everything else',
    '# with a reload. docs/parameters.md explains each parameter.',
  ];
  for (const { title } of groups) {
    lines.push(...(lines.at(-1) === '' ? [] : ['']), `# ${'-'.repeat(78)}`, `# ${title}`, `# ${'-'.repeat(78)}`, '');
    for (const p of parameters)
      if (p.group === title && p.aliasOf === undefined) lines.push(...renderSampleLines(p, set));
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function renderSampleLines(p: Parameter, set: ReadonlyMap<string, string>): string[] {
  const comment = `# ${firstSentence(p.doc).replaceAll('`', "'")}${p.context === 'start' ? ' (start)' : ''}`;
  const example = EXAMPLES[p.name];
  if (example !== undefined) {
    return [comment, ...example.map((value, i) => `#${p.name}${i} = ${quoted(p, value)}`), ''];
  }
  const given = set.get(p.name);
  const value = given ?? formatValue(p, splitDefault(p));
  return [comment, `${given === undefined ? '#' : ''}${p.name} = ${quoted(p, value)}`, ''];
}

/** Numbers and truth values bare, everything else in quotes. */
function quoted(p: Parameter, value: string): string {
  if (p.type === 'bool' || p.type === 'int' || p.type === 'double') return value;
  const text = quoteValue(value);
  return p.type === 'enum' || text.startsWith("'") ? text : `'${text}'`;
}

const POOL_HBA = `# pool_hba.conf: who may connect, and how they prove who they are. A sample for pgherd
#
# The file is used when enable_pool_hba is on. The first line that fits a client decides; without one it is refused.
#
#   local     DATABASE  USER  METHOD  [OPTIONS]
#   host      DATABASE  USER  ADDRESS  METHOD  [OPTIONS]
#   hostssl   DATABASE  USER  ADDRESS  METHOD  [OPTIONS]      with TLS only
#   hostnossl DATABASE  USER  ADDRESS  METHOD  [OPTIONS]      without TLS only
#
# DATABASE  a name, all, sameuser, replication, @file, or several with commas between them. As in PostgreSQL, all does
#           not stand for replication.
# USER      a name, all, @file, or several with commas between them.
#           A name that begins with / is a regular expression; in double quotes every word is just a name.
# ADDRESS   an address with a prefix length (10.0.0.0/8), an address and a mask, a host name, .a.domain, all, samehost
#           or samenet.
# METHOD    trust, reject, md5, scram-sha-256, password or cert. Use password with hostssl only: it sends the password
#           in clear text.

# TYPE  DATABASE    USER        ADDRESS               METHOD
local   all         all                               trust
host    all         all         127.0.0.1/32          trust
host    all         all         ::1/128               trust
`;

const PCP_CONF = `# pcp.conf: who may administer the proxy over PCP. A sample for pgherd
#
# One user in each line, as user:hash. The hash is what "pg_md5 PASSWORD" prints.
#
#   admin:e8a48653851e28c69d0506508fb27fc5    (the password is "postgres")
`;
