/** WebSocket connections: the same rules before the upgrade, a token in the header or the first message, and bounds. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { TRPCError } from '@trpc/server';
import { getWSConnectionHandler } from '@trpc/server/adapters/ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ControlContext } from '../router/context.ts';
import type { ControlRouter } from '../router/create-router.ts';
import { API_PATH, type HttpDoor } from './http.ts';
import { Places } from './places.ts';
import { type Refusal, refusalBody, refusalStatus } from './refusal.ts';
import { bearerToken, checkRequest, onBehalfOfHeader } from './request-rules.ts';
import { isRefusal } from './sign-in.ts';

const CONNECTIONS_MAX = 64;
/** Of those, the ones that have not sent a token yet. */
const STRANGERS_MAX = 16;
const MESSAGE_BYTES_MAX = 64 * 1024;
const SIGN_IN_LIMIT_MS = 5_000;
/** More than this unsent, and nothing more is made for the connection; it goes on when it is taken … */
const UNSENT_BYTES_MAX = 1024 * 1024;
const LOOK_AGAIN_MS = 20;
/** … and is cut when it is not taken for this long. */
const STUCK_LIMIT_MS = 30_000;
const PING_MS = 20_000;
const PONG_LIMIT_MS = 10_000;

export class WebSocketDoor {
  readonly #door: HttpDoor;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_BYTES_MAX, perMessageDeflate: false });
  readonly #signedIn = new WeakSet<WebSocket>();
  #strangers = 0;
  readonly #serve: (client: WebSocket, request: IncomingMessage) => void;

  constructor(door: HttpDoor) {
    this.#door = door;
    this.#serve = getWSConnectionHandler<ControlRouter>({
      wss: this.#server,
      router: door.router,
      createContext: ({ req, res, info }) => this.#context(req, res, info.connectionParams),
      keepAlive: { enabled: true, pingMs: PING_MS, pongWaitMs: PONG_LIMIT_MS },
      onError: ({ path, error }) => {
        if (error.code === 'INTERNAL_SERVER_ERROR' && path !== undefined) door.onFault(path, error);
      },
    });
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const asked = { method: request.method ?? '', url: request.url ?? '', headers: request.headers };
    const checked = checkRequest(asked);
    if ('refused' in checked) {
      reject(socket, checked.refused);
      return;
    }
    if (checked.url.pathname !== API_PATH) {
      reject(socket, { code: 'NOT_FOUND', message: `Connect to ${API_PATH}.` });
      return;
    }
    if (this.#server.clients.size >= CONNECTIONS_MAX) {
      reject(socket, { code: 'TOO_MANY_REQUESTS', message: `${CONNECTIONS_MAX} connections are open already.` });
      return;
    }
    if (this.#strangers >= STRANGERS_MAX) {
      reject(socket, {
        code: 'TOO_MANY_REQUESTS',
        message: `${STRANGERS_MAX} connections wait for their token already.`,
      });
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (client) => {
      this.#strangers++;
      const limit = setTimeout(() => {
        if (!this.#signedIn.has(client)) client.close(1008, 'no token came');
      }, SIGN_IN_LIMIT_MS);
      client.once('close', () => {
        clearTimeout(limit);
        if (!this.#signedIn.has(client)) this.#strangers--;
      });
      this.#serve(client, request);
    });
  }

  close(): void {
    for (const client of this.#server.clients) client.close(1001, 'the engine stops');
    setImmediate(() => {
      for (const client of this.#server.clients) client.terminate();
    });
    this.#server.close();
  }

  #context(
    request: IncomingMessage,
    client: WebSocket,
    params: Readonly<Record<string, string | undefined>> | null,
  ): ControlContext {
    const { signIn } = this.#door;
    const address = request.socket.remoteAddress ?? '';
    const outcome = signIn.accept(bearerToken(request.headers) ?? params?.['token'] ?? null, address);
    if (isRefusal(outcome)) throw new TRPCError(outcome);
    this.#signedIn.add(client);
    this.#strangers--;
    const places = new Places();
    return {
      user: outcome.name,
      onBehalfOf: onBehalfOfHeader(request.headers),
      address,
      role: () => {
        const role = signIn.roleOf(outcome);
        if (role === null) client.close(1008, 'the token was withdrawn');
        return role;
      },
      enter: (kind) => places.enter(kind),
      drained: () => drained(client),
    };
  }
}

async function drained(client: WebSocket): Promise<void> {
  const sinceMs = performance.now();
  while (client.bufferedAmount > UNSENT_BYTES_MAX && client.readyState === client.OPEN) {
    if (performance.now() - sinceMs > STUCK_LIMIT_MS) {
      client.terminate();
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

function reject(socket: Duplex, refusal: Refusal): void {
  const body = refusalBody(refusal);
  socket.end(
    `HTTP/1.1 ${refusalStatus(refusal)} Refused\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
