/** The client of the control API, for the console's server side, the command line and scripts. Runs anywhere fetch does. */
import type { Check, RefusalCode } from '@pgherd/operations';
import {
  createTRPCClient,
  createWSClient,
  type HTTPLinkOptions,
  httpLink,
  splitLink,
  TRPCClientError,
  wsLink,
} from '@trpc/client';
import type { ControlRouter } from '../router/create-router.ts';

export type { MetricsSample } from '../metrics/sample.ts';
export type { ControlRouter } from '../router/create-router.ts';

export interface ControlClientOptions {
  /** As `http://localhost:9897`. */
  readonly url: string;
  readonly token: string;
  /** Where the platform's own do not do: a private certificate authority, a client certificate (see node-client). */
  readonly fetch?: typeof fetch;
  readonly WebSocket?: typeof WebSocket;
  /** Hears of the connection of subscriptions: true when it is open, false when it is lost; it is opened again by itself. */
  readonly onConnection?: (open: boolean) => void;
}

/** For one call: whom it is made for. It stands in the events beside the token's name: `console: alice`.
 *  `api.begin.mutate(wish, onBehalfOf('alice'))` */
export const onBehalfOf = (whom: string) => ({ context: { onBehalfOf: whom } }) as const;

export type ControlClient = ReturnType<typeof createControlClient>;

export function createControlClient(options: ControlClientOptions) {
  const { url, token, onConnection } = options;
  const base = `${url.replace(/\/+$/, '')}/trpc`;
  const socket = createWSClient({
    url: base.replace(/^http/, 'ws'),
    connectionParams: () => ({ token }),
    lazy: { enabled: true, closeMs: 1_000 },
    keepAlive: { enabled: true, intervalMs: 10_000, pongTimeoutMs: 10_000 },
    ...(options.WebSocket === undefined ? {} : { WebSocket: options.WebSocket }),
    onOpen: () => onConnection?.(true),
    onClose: () => onConnection?.(false),
  });
  const api = createTRPCClient<ControlRouter>({
    links: [
      splitLink({
        condition: ({ type }) => type === 'subscription',
        true: wsLink({ client: socket }),
        // Always POST: an address is written into logs, a body is not.
        false: httpLink({
          url: base,
          methodOverride: 'POST',
          headers: ({ op }) => {
            const whom = op.context['onBehalfOf'];
            return {
              authorization: `Bearer ${token}`,
              ...(typeof whom === 'string' ? { 'x-on-behalf-of': encodeURIComponent(whom) } : {}),
            };
          },
          ...(options.fetch === undefined
            ? {}
            : {
                fetch: options.fetch as NonNullable<
                  HTTPLinkOptions<ControlRouter['_def']['_config']['$types']>['fetch']
                >,
              }),
        }),
      }),
    ],
  });
  return { api, close: (): Promise<void> => socket.close() };
}

/** Why a call did not succeed, told apart by who can do something about it. */
export type ControlFailure =
  | {
      readonly kind: 'refused';
      readonly code: RefusalCode;
      readonly message: string;
      readonly checks: readonly Check[];
    }
  | { readonly kind: 'denied'; readonly message: string }
  | { readonly kind: 'unreachable'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };

export function controlFailure(error: unknown): ControlFailure {
  if (!(error instanceof TRPCClientError)) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
  const data = (error as TRPCClientError<ControlRouter>).data;
  const { message } = error;
  if (data === undefined || data === null) {
    const { cause } = (error.cause ?? {}) as { readonly cause?: { readonly message?: string; readonly code?: string } };
    const network = cause?.message === '' || cause?.message === undefined ? cause?.code : cause.message;
    return { kind: 'unreachable', message: network ?? message };
  }
  if (data.refused !== null && data.refused !== undefined) return { kind: 'refused', message, ...data.refused };
  const denied = data.code === 'UNAUTHORIZED' || data.code === 'FORBIDDEN' || data.code === 'TOO_MANY_REQUESTS';
  return { kind: denied ? 'denied' : 'failed', message };
}
