import type { Tool } from './tool.ts';

export const nodeCountTool: Tool = {
  name: 'pcp_node_count',
  summary: 'the number of nodes',
  async run(client, { verbose }) {
    const count = await client.nodeCount();
    return verbose ? `Node Count\n${'_'.repeat(12)}\n ${count}` : String(count);
  },
};
