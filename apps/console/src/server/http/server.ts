/**
 * One port for all: pages by Next, tRPC, REST, the WebSocket. Host, origin and size of a request are looked at before anything
 * else; who calls is found out from the same cookie or token for every door.
 */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import { nodeHTTPRequestHandler } from '@trpc/server/adapters/node-http';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { WebSocketServer } from 'ws';
import type { Console } from '../console.ts';
import { callerOfCookie, callerOfToken } from '../people/caller.ts';
import { restHandler } from '../rest/rest.ts';
import type { CallContext } from '../rpc/context.ts';
import { appRouter } from '../rpc/router.ts';
import { sessionCookie, setSessionCookie } from './cookies.ts';
import { BODY_BYTES_MAX, bearerToken, refusedForgery, refusedOrigin } from './gate.ts';
import { setCommonHeaders, setPagePolicy } from './headers.ts';
import { type Place, placeOf } from './place.ts';
import type { State } from './state.ts';

/** Next's own part. */
export interface Pages {
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
}

const SOCKETS_PER_ADDRESS = 60;
const MESSAGE_BYTES_MAX = 256 * 1024;
const REQUEST_LIMIT_MS = 120_000;

export function createServer(state: State, pages: Pages): http.Server {
  const { options } = state;
  const rest = restHandler();
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, response).catch((error: unknown) => {
      state.log.error({ err: error, path: pathOf(request) }, 'a request failed');
      if (!response.headersSent) plain(response, 500, 'Something went wrong here; the console has logged it.');
      else response.destroy();
    });
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const place = placeOf(request, options);
    if (place === null) return plain(response, 421, 'This address is not the console’s. Set PGHERD_CONSOLE_ORIGIN.');
    setCommonHeaders(response, place);
    const path = pathOf(request);
    if (path === '/healthz') return health(response, state);
    if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES_MAX)
      return json(response, 413, 'That is too much.');
    const forged = refusedForgery(request, place);
    if (forged !== null && path.startsWith('/api/')) return json(response, 403, forged);
    if (path.startsWith('/api/')) {
      response.setHeader('Cache-Control', 'no-store');
      const app = state.console;
      if (app === null) return json(response, 503, state.trouble ?? 'The console is starting.');
      const context = contextOf(app, request, place, path.startsWith('/api/v1') ? 'rest' : 'trpc', response);
      if (path.startsWith('/api/trpc/')) {
        return nodeHTTPRequestHandler({
          router: appRouter,
          req: request,
          res: response,
          path: path.slice('/api/trpc/'.length),
          createContext: async () => context,
          maxBodySize: BODY_BYTES_MAX,
          // A question that carries a whole file does not fit into an address.
          allowMethodOverride: true,
        });
      }
      if (path === '/api/v1' || path.startsWith('/api/v1/')) return rest(request, response, path, context);
      return json(response, 404, 'There is no such address.');
    }
    // What Next says to itself in headers, nobody else says.
    for (const name of Object.keys(request.headers)) if (name.startsWith('x-middleware-')) delete request.headers[name];
    const nonce = randomBytes(16).toString('base64');
    setPagePolicy(request, response, place, nonce, options.dev);
    await pages.handle(request, response);
  }

  const server =
    options.tlsCert === null || options.tlsKey === null
      ? http.createServer(listener)
      : https.createServer(
          { cert: fs.readFileSync(options.tlsCert), key: fs.readFileSync(options.tlsKey), minVersion: 'TLSv1.2' },
          listener,
        );
  server.requestTimeout = REQUEST_LIMIT_MS;
  server.headersTimeout = 20_000;
  openSockets(server as http.Server, state, pages);
  return server as http.Server;
}

function openSockets(server: http.Server, state: State, pages: Pages): void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_BYTES_MAX });
  const open = new Map<string, number>();
  const handler = applyWSSHandler({
    wss: sockets,
    router: appRouter,
    keepAlive: { enabled: true, pingMs: 10_000, pongWaitMs: 10_000 },
    createContext: async ({ req }) => {
      const place = placeOf(req, state.options);
      if (state.console === null || place === null) throw new Error('not ready');
      return contextOf(state.console, req, place, 'ws', null);
    },
  });
  state.onConsole(() => handler.broadcastReconnectNotification());
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const place = placeOf(request, state.options);
    const path = pathOf(request);
    if (path !== '/ws') {
      if (state.options.dev && place !== null) void pages.upgrade(request, socket, head);
      else socket.destroy();
      return;
    }
    const refuse = (status: string): void => {
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    };
    if (place === null) return refuse('421 Misdirected Request');
    // A browser always sends an Origin here, whatever the page: it has to be ours. A script has a token.
    const fromPage = request.headers.origin !== undefined;
    if (fromPage ? refusedOrigin(request, place) !== null : bearerToken(request) === null)
      return refuse('403 Forbidden');
    if (state.console === null) return refuse('503 Service Unavailable');
    const count = open.get(place.address) ?? 0;
    if (count >= SOCKETS_PER_ADDRESS) return refuse('429 Too Many Requests');
    // Counted before anything is waited for: many at once are as many as one after the other.
    open.set(place.address, count + 1);
    socket.once('close', () => {
      const left = (open.get(place.address) ?? 1) - 1;
      if (left === 0) open.delete(place.address);
      else open.set(place.address, left);
    });
    const context = contextOf(state.console, request, place, 'ws', null);
    context.caller().then(
      (caller) => {
        if (caller === null) return refuse('401 Unauthorized');
        sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request));
      },
      () => refuse('503 Service Unavailable'),
    );
  });
  server.on('close', () => {
    for (const client of sockets.clients) client.terminate();
    sockets.close();
  });
}

export function contextOf(
  app: Console,
  request: IncomingMessage,
  place: Place,
  door: CallContext['door'],
  response: ServerResponse | null,
): CallContext {
  const token = bearerToken(request);
  const cookie = token === null ? sessionCookie(request, place.secure) : null;
  return {
    console: app,
    caller: () => {
      if (token !== null) return callerOfToken(app.prisma, token);
      return cookie === null ? Promise.resolve(null) : callerOfCookie(app.prisma, cookie);
    },
    address: place.address,
    userAgent: request.headers['user-agent'] ?? '',
    door,
    origin: place.origin,
    setSession: (value) => response?.setHeader('Set-Cookie', setSessionCookie(value, place.secure)),
  };
}

function health(response: ServerResponse, state: State): void {
  response.setHeader('Content-Type', 'application/json');
  response.statusCode = state.console === null ? 503 : 200;
  response.end(JSON.stringify({ ready: state.console !== null, trouble: state.trouble }));
}

const pathOf = (request: IncomingMessage): string => (request.url ?? '/').split('?', 1)[0] ?? '/';

function plain(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(`${text}\n`);
}

function json(response: ServerResponse, status: number, message: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ error: { message, code: status } }));
}
