/** Metrics and health over HTTP, answered from the last status that was heard, so that no answer delays a heartbeat. */
import http from 'node:http';
import type { EngineStatus, Operations } from '@pgherd/operations';
import { hostAndPort, reachableHost } from '../address.ts';
import { DoorError } from '../door-error.ts';
import { renderMetrics } from './render.ts';

export interface MetricsSettings {
  readonly metrics_listen_addresses: readonly string[];
  readonly metrics_port: number;
}

export interface MetricsDoor {
  /** Where it is served, without a path; empty when it is served nowhere. */
  readonly url: string;
  close(): Promise<void>;
}

/** A status older than this means that the supervisor is stuck or gone. */
const FRESH_MS = 5_000;
const REQUEST_LIMIT_MS = 5_000;
const HEADER_BYTES_MAX = 8 * 1024;

/** @throws DoorError */
export async function openMetrics(
  operations: Pick<Operations, 'watch'>,
  { metrics_listen_addresses: addresses, metrics_port: port }: MetricsSettings,
): Promise<MetricsDoor> {
  const health = new Health();
  const servers: http.Server[] = [];
  const close = async (): Promise<void> => {
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
  };
  for (const address of addresses) {
    const server = http.createServer(
      { requestTimeout: REQUEST_LIMIT_MS, headersTimeout: REQUEST_LIMIT_MS, maxHeaderSize: HEADER_BYTES_MAX },
      (request, response) => health.answer(request, response),
    );
    try {
      await listen(server, port, address);
    } catch (error) {
      await close();
      throw new DoorError(sentence(error as NodeJS.ErrnoException, address, port));
    }
    servers.push(server);
  }
  const end = servers.length === 0 ? () => {} : operations.watch((status) => health.heard(status));
  return {
    url: addresses.length === 0 ? '' : `http://${hostAndPort(reachableHost(addresses[0]), port)}`,
    async close() {
      end();
      await close();
    },
  };
}

function listen(server: http.Server, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(address === '*' ? {} : { host: address }) }, resolve);
  });
}

function sentence({ code, message }: NodeJS.ErrnoException, address: string, port: number): string {
  if (code === 'EADDRINUSE') {
    return `Port ${port} (metrics_port) is already in use: stop the program that has it, or change it.`;
  }
  return `Cannot listen on ${hostAndPort(reachableHost(address), port)} for metrics: ${message}`;
}

class Health {
  private status: EngineStatus | null = null;
  private heardAtMs = 0;

  heard(status: EngineStatus): void {
    this.status = status;
    this.heardAtMs = performance.now();
  }

  answer(request: http.IncomingMessage, response: http.ServerResponse): void {
    const { status } = this;
    const reply = (code: number, body: string, type = 'text/plain; charset=utf-8'): void => {
      response.writeHead(code, { 'content-type': type, 'cache-control': 'no-store' });
      response.end(body);
    };
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      reply(405, 'only GET is served here\n');
      return;
    }
    const fresh = status !== null && performance.now() - this.heardAtMs < FRESH_MS;
    switch ((request.url ?? '/').split('?')[0]) {
      case '/livez':
        reply(fresh ? 200 : 503, fresh ? 'ok\n' : 'the supervisor has not been heard for 5 s\n');
        return;
      case '/readyz':
        if (status?.ready === true && fresh) reply(200, 'ok\n');
        else reply(503, `${status?.notReady.join('\n') ?? 'starting'}\n`);
        return;
      case '/metrics':
        if (status === null) reply(503, 'starting\n');
        else reply(200, renderMetrics(status), 'text/plain; version=0.0.4; charset=utf-8');
        return;
      default:
        reply(404, 'served here: /metrics /livez /readyz\n');
    }
  }
}
