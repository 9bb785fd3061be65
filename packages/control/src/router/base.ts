/** The base of every procedure: role table, places, typed refusals. No answer carries a stack. */
import {
  type Author,
  type Check,
  ON_BEHALF_OF_CHARS_MAX,
  type Operations,
  onBehalfOf,
  type RefusalCode,
  RefusedError,
} from '@pgherd/operations';
import { initTRPC, TRPCError } from '@trpc/server';
import type { z } from 'zod';
import type { EngineFeeds } from '../feeds/engine-feeds.ts';
import { includesRole, neededRole, TRUSTED } from './access.ts';
import type { ControlContext } from './context.ts';
import { INTERNAL_MESSAGE, typedError } from './errors.ts';

/** What procedures are made of. */
export interface Room {
  readonly operations: Operations;
  readonly feeds: EngineFeeds;
}

export interface ProcedureMeta {
  /** For the OpenAPI document and docs/api.md: what it gives or does, one or two sentences. */
  readonly doc: string;
  /** What a subscription gives, again and again. */
  readonly yields?: z.ZodType;
}

/** What a refused call carries, as `error.data.refused`. */
export interface Refused {
  readonly code: RefusalCode;
  readonly checks: readonly Check[];
}

const ON_BEHALF_OF_RULE = `Whom a call is made for is named with 1 to ${ON_BEHALF_OF_CHARS_MAX} characters, no control characters.`;

const t = initTRPC
  .context<ControlContext>()
  .meta<ProcedureMeta>()
  .create({
    isDev: false,
    sse: { enabled: false },
    errorFormatter({ shape, error }) {
      const { code, httpStatus, path } = shape.data;
      const { cause } = error;
      const refused: Refused | null = cause instanceof RefusedError ? { code: cause.code, checks: cause.checks } : null;
      const message = code === 'INTERNAL_SERVER_ERROR' ? INTERNAL_MESSAGE : shape.message;
      return { ...shape, message, data: { code, httpStatus, ...(path === undefined ? {} : { path }), refused } };
    },
  });

export const router = t.router;

export const procedure = t.procedure.use(async ({ ctx, path, type, next }) => {
  const needed = neededRole(path);
  const role = ctx.role();
  if (role === null) throw new TRPCError({ code: 'UNAUTHORIZED', message: 'This token is not valid any more.' });
  if (needed === null) throw new TRPCError({ code: 'FORBIDDEN', message: 'No role may call this.' });
  if (!includesRole(role, needed)) {
    throw new TRPCError({
      code: 'FORBIDDEN',
      message: `The token "${ctx.user}" has the role ${role}; this needs ${needed}.`,
    });
  }
  const user = ctx.onBehalfOf === null ? ctx.user : onBehalfOf(ctx.user, ctx.onBehalfOf);
  if (user === null) throw new TRPCError({ code: 'BAD_REQUEST', message: ON_BEHALF_OF_RULE });
  const leave = ctx.enter(type === 'subscription' ? 'subscription' : 'call');
  if (leave === null) {
    throw new TRPCError({ code: 'TOO_MANY_REQUESTS', message: 'Too much is open on this connection: end some of it.' });
  }
  const author: Author = { door: 'control', user, address: ctx.address };
  const trusted = includesRole(role, TRUSTED);
  try {
    await ctx.drained();
    const result = await next({ ctx: { ...ctx, author, trusted, leave } });
    if (!result.ok) throw typedError(result.error);
    if (type !== 'subscription') leave();
    return result;
  } catch (error) {
    leave();
    throw error;
  }
});
