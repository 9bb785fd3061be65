/** fetch and WebSocket for Node with certificates of one's own, which the platform's do not take. */
import https from 'node:https';
import { WebSocket as NodeWebSocket } from 'ws';

export interface Certificates {
  /** PEM: who may have signed the engine's certificate. */
  readonly ca?: string | Buffer;
  /** PEM: one's own, where control_tls_ca asks for it. */
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
}

const LIMIT_MS = 90_000;

export function nodeTransport(certificates: Certificates): {
  readonly fetch: typeof fetch;
  readonly WebSocket: typeof WebSocket;
} {
  const agent = new https.Agent({ ...certificates, keepAlive: false });
  class CertifiedWebSocket extends NodeWebSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols, certificates);
    }
  }
  return { fetch: fetchBy(agent), WebSocket: CertifiedWebSocket as unknown as typeof WebSocket };
}

function fetchBy(agent: https.Agent): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const body = Buffer.from(await request.arrayBuffer());
    return new Promise((resolve, reject) => {
      const sent = https.request(
        request.url,
        {
          agent,
          method: request.method,
          headers: { ...Object.fromEntries(request.headers), 'content-length': body.length },
          signal: request.signal,
          timeout: LIMIT_MS,
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.once('error', reject);
          response.once('end', () => {
            const { statusCode: status = 500 } = response;
            resolve(new Response(Buffer.concat(chunks), { status, headers: { 'content-type': 'application/json' } }));
          });
        },
      );
      sent.once('timeout', () => sent.destroy(new Error('no answer in time')));
      sent.once('error', (cause) => reject(new TypeError('fetch failed', { cause })));
      sent.end(body);
    });
  };
}
