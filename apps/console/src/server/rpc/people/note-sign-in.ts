import type { CallContext } from '../context.ts';

/** A sign-in, or the try of one. The disk may be full: then it is in the log at least, and people can still look. */
export async function noteSignIn(
  ctx: CallContext,
  name: string,
  userId: string | null,
  result: 'done' | 'refused',
  action: string,
): Promise<void> {
  const fact = {
    ...{ actor: name.slice(0, 200), actorId: userId, via: 'nobody' as const, address: ctx.address, clusterId: null },
    ...{ action, target: name.slice(0, 200), details: {}, result },
  };
  await ctx.console.audit
    .write(fact)
    .catch((error: unknown) => ctx.console.log.error({ err: error, fact }, 'the audit log cannot be written'));
}
