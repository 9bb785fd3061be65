/**
 * `pgherd agent`: a HostAgent over mutual TLS. Whoever shows a certificate of the configured authority may start, stop, rewind
 * and copy the one configured server, from the configured peers only. Bodies carry hosts and ports, never paths or commands.
 */
import type http from 'node:http';
import https from 'node:https';
import type { HostAgent } from '@pgherd/cluster';
import { type AgentCall, type AgentLine, agentCalls, CALL_BYTES_MAX } from './calls.ts';

export interface ServiceOptions {
  readonly agent: HostAgent;
  readonly host: string;
  readonly port: number;
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  /** Of the authority that signs the certificates of those who may call. */
  readonly ca: string;
  log(line: string): void;
}

export interface AgentService {
  readonly port: number;
  close(): Promise<void>;
}

const HEADERS_LIMIT_MS = 10_000;
const MODES: readonly unknown[] = ['fast', 'immediate'];
const LIMIT_MAX_MS = 3_600_000;
/** A line at least so often while a call runs, so that its caller can tell a slow one from a dead one. */
const BEAT_MS = 5_000;

export async function serveAgent(options: ServiceOptions): Promise<AgentService> {
  const { cert, key, ca } = options;
  let busy = false;
  const server = https.createServer(
    {
      cert,
      key,
      ca,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      headersTimeout: HEADERS_LIMIT_MS,
    },
    (request, response) => {
      const who = callerOf(request);
      const refuse = (status: number, error: string): void => {
        response.writeHead(status, { 'content-type': 'application/x-ndjson' });
        response.end(`${JSON.stringify({ error } satisfies AgentLine)}\n`);
      };
      const name = (request.url ?? '').replace(/^\/v1\//, '');
      if (request.method !== 'POST' || !agentCalls.includes(name)) {
        refuse(404, 'there is no such call');
        return;
      }
      read(request)
        .then(
          async (body) => {
            const call = callOf(name, body);
            if (call === null) return refuse(400, 'the call is malformed');
            if (busy && name !== 'control') return refuse(409, 'another call is under way');
            if (name !== 'control') {
              busy = true;
              options.log(`${name} for ${who}`);
            }
            try {
              await answer(options.agent, call, request, response);
            } finally {
              if (name !== 'control') busy = false;
            }
          },
          () => refuse(413, 'the call is too large or was cut short'),
        )
        .catch((error: Error) => {
          options.log(`failed: ${error.message}`);
          request.socket.destroy();
        });
    },
  );
  server.on('tlsClientError', (error) => options.log(`refused: ${error.message}`));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as { port: number }).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function callerOf(request: http.IncomingMessage): string {
  const { socket } = request as unknown as { socket: import('node:tls').TLSSocket };
  const { CN } = socket.getPeerCertificate().subject ?? {};
  return `"${String(CN ?? '').replace(/[^\w.@ -]/g, '?')}" at ${socket.remoteAddress ?? '?'}`;
}

async function read(request: http.IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += (part as Buffer).length;
    if (bytes > CALL_BYTES_MAX) throw new Error('too large');
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** @returns null for anything but exactly what a call may say */
function callOf(name: string, body: string): AgentCall | null {
  let given: Record<string, unknown>;
  try {
    given = JSON.parse(body === '' ? '{}' : body) as Record<string, unknown>;
  } catch {
    return null;
  }
  if (typeof given !== 'object' || given === null) return null;
  const { mode, limitMs, host, port } = given;
  const limit = typeof limitMs === 'number' && limitMs > 0 && limitMs <= LIMIT_MAX_MS ? limitMs : null;
  const address =
    typeof host === 'string' && host !== '' && Number.isInteger(port) ? { host, port: port as number } : null;
  switch (name) {
    case 'control':
      return { name };
    case 'stop':
      return limit !== null && MODES.includes(mode)
        ? { name, mode: mode as 'fast' | 'immediate', limitMs: limit }
        : null;
    case 'start':
      return limit === null ? null : { name, limitMs: limit };
    case 'standby':
    case 'rewind':
    case 'copy':
      return address === null ? null : { name, ...address };
    default:
      return null;
  }
}

/** Lines as things happen, the last one with the result. A caller that goes away calls a copy off. */
async function answer(
  agent: HostAgent,
  call: AgentCall,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  request.socket.once('close', () => gone.abort());
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  const write = (line: AgentLine): void => {
    response.write(`${JSON.stringify(line)}\n`);
  };
  const beat = setInterval(() => write({}), BEAT_MS);
  try {
    write({ result: (await carryOut(agent, call, write, gone.signal)) ?? null });
  } catch (error) {
    write({ error: (error as Error).message });
  } finally {
    clearInterval(beat);
    response.end();
  }
}

async function carryOut(
  agent: HostAgent,
  call: AgentCall,
  write: (line: AgentLine) => void,
  signal: AbortSignal,
): Promise<unknown> {
  const job = {
    progress: (doneBytes: number, totalBytes: number | null) => write({ progress: [doneBytes, totalBytes] }),
    line: (text: string) => write({ line: text }),
    signal,
  };
  switch (call.name) {
    case 'control': {
      const data = await agent.control();
      return { ...data, checkpoint: data.checkpoint === null ? null : data.checkpoint.toString() };
    }
    case 'stop':
      return agent.stop(call.mode, call.limitMs);
    case 'start':
      return agent.start(call.limitMs);
    case 'standby':
      return agent.becomeStandby(call);
    case 'rewind':
      return agent.rewind(call, job);
    case 'copy':
      return agent.copy(call, job);
  }
}
