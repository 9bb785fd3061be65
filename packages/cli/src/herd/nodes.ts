import { parseArgs } from 'node:util';
import type { NodeStatus } from '@pgherd/operations';
import type { Command } from '../commands/command.ts';
import { withEngine } from './engine.ts';
import { nodeTable } from './node-table.ts';
import { ENGINE_OPTIONS, ENGINE_USAGE } from './options.ts';
import { watch } from './watching.ts';

const USAGE = `pgherd nodes [options]

Lists the PostgreSQL nodes: what the engine believes of each and what it measured, roles, lag, replication, health checks.

${ENGINE_USAGE}
  --watch              again with each change, until Ctrl-C`;

interface News {
  readonly nodes: { readonly all: boolean; readonly changed: readonly NodeStatus[]; readonly gone: readonly number[] };
}

export const nodesCommand: Command = {
  summary: 'list the PostgreSQL nodes',
  usage: USAGE,
  run(args, io) {
    const { values } = parseArgs({ args: [...args], options: { ...ENGINE_OPTIONS, watch: { type: 'boolean' } } });
    return withEngine(values, io, async ({ api }) => {
      if (values.watch !== true) {
        const nodes = await api.nodes.query();
        io.stdout(values.json === true ? JSON.stringify(nodes, null, 2) : nodeTable(nodes, true));
        return 0;
      }
      await api.nodes.query(); // what keeps us out is said at once
      const known = new Map<number, NodeStatus>();
      return watch<News>(
        (handlers) => api.watch.nodes.subscribe(undefined, handlers),
        ({ nodes: { all, changed, gone } }) => {
          if (all) known.clear();
          for (const node of changed) known.set(node.id, node);
          for (const id of gone) known.delete(id);
          const nodes = [...known.values()].sort((a, b) => a.id - b.id);
          return values.json === true ? JSON.stringify(nodes) : nodeTable(nodes, true);
        },
        io,
        values.json !== true,
      );
    });
  },
};
