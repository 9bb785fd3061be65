import type { Tool } from './tool.ts';

const UNDERLINE = '_'.repeat(21);

export const processCountTool: Tool = {
  name: 'pcp_proc_count',
  summary: 'the process ids that serve clients',
  async run(client, { verbose }) {
    const pids = await client.processIds();
    if (!verbose) return pids.map((pid) => `${pid} `).join('');
    const rows = pids.map((pid, at) => `${at} \t | \t ${pid}\n`);
    return `No \t | \t PID\n${UNDERLINE}\n${rows.join('')}\nTotal Processes:${pids.length}`;
  },
};
