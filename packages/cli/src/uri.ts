import fs from 'node:fs';
import path from 'node:path';
import type { Cluster } from '@pgherd/lab';

/** What an application connects with: through the proxy, as the user that owns its database. */
export function applicationUri(cluster: Cluster, port: number, password = cluster.secrets.app.password): string {
  const secret = password === '***' ? '***' : encodeURIComponent(password);
  return `postgresql://${encodeURIComponent(cluster.secrets.app.user)}:${secret}@localhost:${port}/${encodeURIComponent(cluster.database)}`;
}

/** A superuser's connection to one server, past the proxy. */
export function nodeUri(cluster: Cluster, nodeId: number): string {
  const node = cluster.node(nodeId);
  const { user, password } = cluster.secrets.superuser;
  return `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${node.host}:${node.port}/${encodeURIComponent(cluster.database)}`;
}

/** The port of the proxy that `pgherd up` started last in this folder. */
export function runningPort(dir: string): number | null {
  try {
    const { port } = JSON.parse(fs.readFileSync(path.join(dir, 'up.json'), 'utf8')) as { port: number };
    return port;
  } catch {
    return null;
  }
}
