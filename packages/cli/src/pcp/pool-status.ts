import { visible } from './layout.ts';
import type { Tool } from './tool.ts';

export const poolStatusTool: Tool = {
  name: 'pcp_pool_status',
  summary: 'the parameters in effect',
  async run(client, { verbose }) {
    const rows = await client.poolStatus();
    return rows
      .map((row) => row.map(visible))
      .map(([name = '', value = '', description = ''], at) =>
        verbose
          ? `Name [${String(at).padStart(3)}]:\t${name}\nValue:      \t${value}\nDescription:\t${description}\n`
          : `name : ${name}\nvalue: ${value}\ndesc : ${description}\n`,
      )
      .join('\n');
  },
};
