import fs from 'node:fs';
import path from 'node:path';
import type { Cluster } from '@pgherd/lab';

/** Where a proxy listens, as its configuration says. */
export interface ProxyAddress {
  readonly port: number;
  readonly listen_addresses: readonly string[];
}

/** What an application connects with: through the proxy, as the user that owns its database. */
export function applicationUri(cluster: Cluster, proxy: ProxyAddress, password = cluster.secrets.app.password): string {
  const { user } = cluster.secrets.app;
  return uri({ user, password, host: hostOf(proxy), port: proxy.port, database: cluster.database });
}

/** A superuser's connection to one server, past the proxy. */
export function nodeUri(cluster: Cluster, nodeId: number): string {
  const { host, port } = cluster.node(nodeId);
  return uri({ ...cluster.secrets.superuser, host, port, database: cluster.database });
}

function uri(parts: { user: string; password: string; host: string; port: number; database: string }): string {
  const password = parts.password === '***' ? parts.password : encodeURIComponent(parts.password);
  const host = parts.host.includes(':') ? `[${parts.host}]` : parts.host;
  return `postgresql://${encodeURIComponent(parts.user)}:${password}@${host}:${parts.port}/${encodeURIComponent(parts.database)}`;
}

/** An address of this machine that reaches the listener. */
function hostOf({ listen_addresses: [first = 'localhost'] }: ProxyAddress): string {
  return first === '*' || first === '0.0.0.0' || first === '::' ? 'localhost' : first;
}

const DEFAULT_ADDRESS: ProxyAddress = { port: 9999, listen_addresses: ['localhost'] };
const fileIn = (dir: string): string => path.join(dir, 'up.json');

/** For `pgherd url` and `pgherd sql`: where the proxy of this folder listens. */
export function writeRunning(dir: string, { port, listen_addresses }: ProxyAddress): void {
  fs.writeFileSync(fileIn(dir), `${JSON.stringify({ port, listen_addresses }, null, 2)}\n`, { mode: 0o600 });
}

/** Where the proxy that `pgherd up` started last in this folder listens, or listened. */
export function runningProxy(dir: string): ProxyAddress {
  try {
    return JSON.parse(fs.readFileSync(fileIn(dir), 'utf8')) as ProxyAddress;
  } catch {
    return DEFAULT_ADDRESS;
  }
}
