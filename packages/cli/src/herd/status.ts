import { parseArgs } from 'node:util';
import type { EngineStatus } from '@pgherd/operations';
import type { Command } from '../commands/command.ts';
import { withEngine } from './engine.ts';
import { nodeTable } from './node-table.ts';
import { ENGINE_OPTIONS, ENGINE_USAGE } from './options.ts';
import { watch } from './watching.ts';
import { duration } from './words.ts';

const USAGE = `pgherd status [options]

Says whether clients are served, which node is the primary, and how the nodes are. Exit code 1 when clients cannot be
served.

${ENGINE_USAGE}
  --watch              again with each change, until Ctrl-C`;

export const statusCommand: Command = {
  summary: 'say how the herd and its engine are',
  usage: USAGE,
  run(args, io) {
    const { values } = parseArgs({ args: [...args], options: { ...ENGINE_OPTIONS, watch: { type: 'boolean' } } });
    return withEngine(values, io, async ({ api }) => {
      const show = (status: EngineStatus): string =>
        values.json === true ? JSON.stringify(status, null, values.watch === true ? 0 : 2) : statusText(status);
      const status = await api.status.query();
      if (values.watch !== true) {
        io.stdout(show(status));
        return status.ready ? 0 : 1;
      }
      let asked = Promise.resolve();
      return watch<unknown>(
        (handlers) => api.watch.metrics.subscribe(undefined, handlers),
        () => {
          asked = asked.then(async () => io.stdout(show(await api.status.query()))).catch(() => {});
          return null;
        },
        io,
        false,
      );
    });
  },
};

export function statusText(status: EngineStatus): string {
  const { nodes, supervisor, workers } = status;
  const primary = nodes.find(({ id }) => id === status.primary);
  const lines = [
    [
      'engine',
      `${status.version}, up ${duration(Date.now() - Date.parse(status.startedAt))}, process ${supervisor.pid}`,
    ],
    ['clients', status.ready ? 'are served' : `are not served: ${status.notReady.join('; ')}`],
    [
      'primary',
      primary === undefined
        ? 'none is known'
        : `node ${primary.id} (${primary.hostname}:${primary.port}), epoch ${status.epoch}`,
    ],
    [
      'slots',
      `${status.clients} of ${status.clientsMax} taken, ${status.clientsWaiting} waiting, ${status.clientsRefused} refused`,
    ],
    [
      'links',
      `${sum(workers, 'linksTotal')} to nodes, ${sum(workers, 'linksIdle')} idle, in ${workers.length} worker${workers.length === 1 ? '' : 's'}`,
    ],
  ].map(([name = '', text]) => `${name.padEnd(9)}${text}`);
  return [...lines, '', nodeTable(nodes, false)].join('\n');
}

const sum = (workers: EngineStatus['workers'], name: 'linksTotal' | 'linksIdle'): number =>
  workers.reduce((total, worker) => total + worker[name], 0);
