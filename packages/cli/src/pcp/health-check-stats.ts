import { titled, visible } from './layout.ts';
import { nodeOperand, type Tool } from './tool.ts';

const TITLES = [
  ...['Node Id', 'Host Name', 'Port', 'Status', 'Role', 'Last Status Change'],
  ...['Total Count', 'Success Count', 'Fail Count', 'Skip Count'],
  ...['Retry Count', 'Average Retry Count', 'Max Retry Count'],
  ...['Max Health Check Duration', 'Minimum Health Check Duration', 'Average Health Check Duration'],
  ...['Last Health Check', 'Last Successful Health Check', 'Last Skip Health Check', 'Last Failed Health Check'],
] as const;

export const healthCheckStatsTool: Tool = {
  name: 'pcp_health_check_stats',
  summary: 'what the health checks of a node counted',
  operand: nodeOperand(true),
  async run(client, { operand, verbose }) {
    const values = (await client.healthCheckStats(operand ?? 0)).map(visible);
    return verbose ? titled(TITLES.map((title, at) => [title, values[at] ?? ''])) : values.join(' ');
  },
};
