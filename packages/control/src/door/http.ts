/** Requests: rules, sign-in, then the API or its description. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { nodeHTTPRequestHandler } from '@trpc/server/adapters/node-http';
import type { ControlContext } from '../router/context.ts';
import type { ControlRouter } from '../router/create-router.ts';
import { Places } from './places.ts';
import { type Refusal, refusalBody, refusalStatus } from './refusal.ts';
import { bearerToken, bodyBytesMax, checkRequest, onBehalfOfHeader } from './request-rules.ts';
import { isRefusal, type SignIn } from './sign-in.ts';

export const API_PATH = '/trpc';

export interface HttpDoor {
  readonly router: ControlRouter;
  readonly signIn: SignIn;
  /** Paths that are served over WebSocket alone. */
  readonly subscriptions: ReadonlySet<string>;
  /** The OpenAPI document as JSON. */
  readonly description: () => string;
  readonly onFault: (path: string | undefined, error: Error) => void;
}

export async function answer(door: HttpDoor, request: IncomingMessage, response: ServerResponse): Promise<void> {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  const asked = { method: request.method ?? '', url: request.url ?? '', headers: request.headers };
  const checked = checkRequest(asked);
  if ('refused' in checked) {
    refuse(response, checked.refused);
    return;
  }
  const { pathname } = checked.url;
  const isCall = pathname.startsWith(`${API_PATH}/`);
  if (!isCall && pathname !== '/openapi.json') {
    refuse(response, { code: 'NOT_FOUND', message: `Served here: ${API_PATH}/… and /openapi.json.` });
    return;
  }
  const called = pathname.slice(API_PATH.length + 1);
  if (isCall && door.subscriptions.has(called)) {
    refuse(response, {
      code: 'METHOD_NOT_SUPPORTED',
      message: `Subscriptions run over a WebSocket at ${API_PATH}.`,
    });
    return;
  }
  if (asked.method !== 'GET' && !(isCall && asked.method === 'POST')) {
    refuse(response, { code: 'METHOD_NOT_SUPPORTED', message: 'Ask with GET or POST.' });
    return;
  }
  const address = request.socket.remoteAddress ?? '';
  const outcome = door.signIn.accept(bearerToken(request.headers), address);
  if (isRefusal(outcome)) {
    refuse(response, outcome);
    return;
  }
  if (!isCall) {
    response.setHeader('content-type', 'application/json');
    response.end(door.description());
    return;
  }
  const places = new Places();
  const context: ControlContext = {
    user: outcome.name,
    onBehalfOf: onBehalfOfHeader(request.headers),
    address,
    role: () => door.signIn.roleOf(outcome),
    enter: (kind) => places.enter(kind),
    drained: async () => {},
  };
  await nodeHTTPRequestHandler({
    router: door.router,
    req: request,
    res: response,
    path: called,
    createContext: () => context,
    maxBodySize: bodyBytesMax(pathname),
    allowMethodOverride: true,
    allowBatching: false,
    onError: ({ path, error }) => {
      if (error.code === 'INTERNAL_SERVER_ERROR') door.onFault(path, error);
    },
  });
}

const HEADERS = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'",
} as const;

function refuse(response: ServerResponse, refusal: Refusal): void {
  response.statusCode = refusalStatus(refusal);
  response.setHeader('content-type', 'application/json');
  response.setHeader('connection', 'close'); // what is left of the request is not read
  if (response.statusCode === 401) response.setHeader('www-authenticate', 'Bearer');
  response.end(refusalBody(refusal));
}
