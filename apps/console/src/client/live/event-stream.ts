/** Server-sent events, for where a WebSocket does not get through. Loaded only then. */
import { createTRPCClient, httpSubscriptionLink } from '@trpc/client';
import type { AppRouter } from '../../server/rpc/router.ts';

export const overEvents = createTRPCClient<AppRouter>({ links: [httpSubscriptionLink({ url: '/api/trpc' })] });
