/** The thread behind the doors: answers HTTP from the last status it was given, so that no answer delays a heartbeat. */
import http from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import type { EngineStatus } from '@pgherd/operations';
import { renderMetrics } from './metrics/render.ts';

interface Start {
  readonly addresses: readonly string[];
  readonly port: number;
}

/** A status older than this means that the supervisor is stuck or gone. */
const FRESH_MS = 5_000;
const REQUEST_LIMIT_MS = 5_000;
const HEADER_BYTES_MAX = 8 * 1024;

const port = parentPort;
if (port === null) throw new Error('this file runs as a thread');
const start = workerData as Start;
let status: EngineStatus | null = null;
let heardAtMs = 0;
const servers: http.Server[] = [];

port.on('message', (message: { t: 'status'; status: EngineStatus } | { t: 'close' }) => {
  if (message.t === 'status') {
    status = message.status;
    heardAtMs = performance.now();
    return;
  }
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  port.close();
});

function answer(request: http.IncomingMessage, response: http.ServerResponse): void {
  const reply = (code: number, body: string, type = 'text/plain; charset=utf-8'): void => {
    response.writeHead(code, { 'content-type': type, 'cache-control': 'no-store' });
    response.end(body);
  };
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    reply(405, 'only GET is served here\n');
    return;
  }
  const fresh = status !== null && performance.now() - heardAtMs < FRESH_MS;
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

async function listen(): Promise<void> {
  for (const address of start.addresses) {
    const server = http.createServer(
      { requestTimeout: REQUEST_LIMIT_MS, headersTimeout: REQUEST_LIMIT_MS, maxHeaderSize: HEADER_BYTES_MAX },
      answer,
    );
    servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port: start.port, ...(address === '*' ? {} : { host: address }) }, resolve);
    });
  }
}

listen().then(
  () => port.postMessage({ t: 'listening' }),
  (error: NodeJS.ErrnoException) => port.postMessage({ t: 'failed', code: error.code, message: error.message }),
);
