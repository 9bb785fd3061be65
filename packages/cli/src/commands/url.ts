import path from 'node:path';
import { parseArgs } from 'node:util';
import { clusterExists, openCluster } from '@pgherd/lab';
import { environment } from '../env.ts';
import { CommandError } from '../errors.ts';
import { applicationUri, nodeUri, runningProxy } from '../uri.ts';
import type { Command } from './command.ts';

const USAGE = `pgherd url [--dir DIR] [--node N]

Prints the application's connection URI, through the proxy. With --node, a superuser's at that server itself.

  --dir DIR            the folder of "pgherd up" (default .pgherd)
  --node N             the number of a server`;

export const urlCommand: Command = {
  summary: 'print the connection URI of the herd that "pgherd up" made',
  usage: USAGE,
  async run(args, io) {
    const { values } = parseArgs({
      args: [...args],
      options: { dir: { type: 'string' }, node: { type: 'string' } },
    });
    io.stdout(await herdUri(values.dir, values.node));
    return 0;
  },
};

/** @throws CommandError when there is no herd in the folder, or no such node */
export async function herdUri(dirOption: string | undefined, node: string | undefined): Promise<string> {
  const dir = path.resolve(dirOption ?? environment('dir') ?? '.pgherd');
  const herd = path.join(dir, 'herd');
  if (!clusterExists(herd))
    throw new CommandError(`There is no herd in ${dir}: make one with "npm start", or name its folder with --dir.`);
  const cluster = await openCluster(herd);
  if (node !== undefined) {
    const id = /^\d+$/.test(node) ? Number(node) : -1;
    if (!cluster.nodes.some((known) => known.id === id)) {
      throw new CommandError(`There is no node ${node}: this herd has nodes 0 to ${cluster.nodes.length - 1}.`);
    }
    return nodeUri(cluster, id);
  }
  return applicationUri(cluster, runningProxy(dir));
}
