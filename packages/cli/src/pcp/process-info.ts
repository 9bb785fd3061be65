import { PROCESS_FIELDS, PROCESS_FIELDS_MIN, type ProcessField } from '@pgherd/pcp';
import { titled, visible } from './layout.ts';
import type { Tool } from './tool.ts';

const ALL_PROCESSES = 0;

/** In the order printed, which is not that of the wire; pool_id is not printed. */
const PRINTED: readonly (readonly [ProcessField, string])[] = [
  ['database', 'Database'],
  ['username', 'Username'],
  ['start_time', 'Start time'],
  ['client_connection_count', 'Client connection count'],
  ['majorversion', 'Major'],
  ['minorversion', 'Minor'],
  ['backend_connection_time', 'Backend connection time'],
  ['client_connection_time', 'Client connection time'],
  ['client_idle_duration', 'Client idle duration'],
  ['client_disconnection_time', 'Client disconnection time'],
  ['pool_counter', 'Pool Counter'],
  ['pool_backendpid', 'Backend PID'],
  ['pool_connected', 'Connected'],
  ['pool_pid', 'PID'],
  ['backend_id', 'Backend ID'],
  ['status', 'Status'],
  ['load_balance_node', 'Load balance node'],
  ['client_host', 'client_host'],
  ['client_port', 'client_port'],
  ['statement', 'statement'],
];

export const processInfoTool: Tool = {
  name: 'pcp_proc_info',
  summary: 'the clients of a process, or of all, and their connections to servers',
  operand: {
    option: { short: 'P', long: 'process-id', takesValue: true },
    name: 'process-id',
    required: false,
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    doc: 'one process (default: all of them)',
  },
  options: [{ short: 'a', long: 'all', takesValue: false, doc: 'also places for connections that are free' }],
  async run(client, { operand, own, verbose }) {
    const records = await client.processInfo(operand ?? ALL_PROCESSES);
    const database = PROCESS_FIELDS.indexOf('database');
    return formatProcesses(
      records.filter((record) => own.has('a') || record[database] !== ''),
      verbose,
    );
  },
};

/** A server up to 4.3 sends fewer values, and then fewer are printed. */
export function formatProcesses(records: readonly (readonly string[])[], verbose: boolean): string {
  if (records.length === 0) return 'No process information available\n';
  const rows = records.map((record) =>
    PRINTED.filter(([field]) => PROCESS_FIELDS.indexOf(field) < Math.max(record.length, PROCESS_FIELDS_MIN)).map(
      ([field, title]): readonly [string, string] => [title, visible(record[PROCESS_FIELDS.indexOf(field)] ?? '')],
    ),
  );
  return verbose ? rows.map(titled).join('\n') : rows.map((row) => row.map(([, value]) => value).join(' ')).join('\n');
}
