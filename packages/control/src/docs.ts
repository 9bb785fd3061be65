/** Writes the pages of docs/ that derive from this package; with --check it compares and exits 1 on a difference. */
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { EngineStatus } from '@pgherd/operations';
import { renderMetrics } from './metrics/render.ts';
import { apiDescription, apiPage } from './openapi/page.ts';

const NOBODY: EngineStatus = {
  version: '',
  ready: true,
  notReady: [],
  startedAt: '',
  epoch: 1,
  primary: null,
  clientsMax: 0,
  clients: 0,
  clientsWaiting: 0,
  clientsRefused: 0,
  configurationId: 1,
  latencyBucketsMs: [],
  nodes: [],
  workers: [],
  supervisor: { pid: 0, rssBytes: 0, loopDelayMs: { mean: 0, max: 0, p99: 0 }, workersReplaced: 0 },
};

export function metricsDocument(): string {
  const rows: string[] = [];
  const kinds = new Map<string, string>();
  const lines = renderMetrics(NOBODY).split('\n');
  for (const line of lines) {
    const kind = /^# TYPE (\S+) (\S+)/.exec(line);
    if (kind !== null) kinds.set(kind[1] as string, kind[2] as string);
  }
  for (const line of lines) {
    const help = /^# HELP (\S+) (.*)/.exec(line);
    if (help !== null) rows.push(`| \`${help[1]}\` | ${kinds.get(help[1] as string)} | ${help[2]} |`);
  }
  return `# Metrics

Served by \`/metrics\` on \`metrics_listen_addresses\`:\`metrics_port\` in Prometheus's text format, beside \`/livez\` and
\`/readyz\`. No client slot is needed. This page is written by \`npm run docs\`.

| name | kind | meaning |
|---|---|---|
${rows.join('\n')}
`;
}

for (const [name, wanted] of [
  ['metrics.md', metricsDocument()],
  ['api.md', apiPage()],
  ['openapi.json', apiDescription()],
] as const) {
  const file = fileURLToPath(new URL(`../../../docs/${name}`, import.meta.url));
  if (!process.argv.includes('--check')) fs.writeFileSync(file, wanted);
  else if (!fs.existsSync(file) || fs.readFileSync(file, 'utf8') !== wanted) {
    process.stdout.write(`docs/${name} is not what the code says: run npm run docs\n`);
    process.exitCode = 1;
  }
}
