/** A question or act at a proxy, with a deadline; its refusals are passed on as what they are. */
import { type ControlClient, controlFailure, onBehalfOf } from '@pgherd/control/client';
import type { TRPCError } from '@trpc/server';
import { refuse } from '../refusal.ts';
import type { EngineLink } from './engine-link.ts';
import type { Engines } from './engines.ts';

const LIMIT_MS = 15_000;

interface CallOptions {
  readonly signal: AbortSignal;
  readonly context: Record<string, unknown>;
}

/** @param whom the person or token in whose name the proxy notes it; @throws TRPCError */
export async function ask<T>(
  link: EngineLink,
  whom: string,
  work: (api: ControlClient['api'], options: CallOptions) => Promise<T>,
  limitMs = LIMIT_MS,
): Promise<T> {
  try {
    return await work(link.api, { signal: AbortSignal.timeout(limitMs), ...onBehalfOf(whom.slice(0, 100)) });
  } catch (error) {
    throw passedOn(error, link.place.name, limitMs);
  }
}

/** The same for a procedure: of the proxy that its caller named (null: the first that answers), in the caller's name. */
export function askAt<T>(
  ctx: AskedFor,
  proxy: string | null,
  work: (api: ControlClient['api'], options: CallOptions) => Promise<T>,
  limitMs = LIMIT_MS,
): Promise<T> {
  return ask(ctx.console.engines.acting(ctx.cluster.id, proxy), ctx.person.name, work, limitMs);
}

/** What `askAt` needs of a procedure's context. */
interface AskedFor {
  readonly console: { readonly engines: Engines };
  readonly cluster: { readonly id: string };
  readonly person: { readonly name: string };
}

function passedOn(error: unknown, proxy: string, limitMs: number): TRPCError {
  if (
    (error as Error).name === 'TimeoutError' ||
    ((error as Error).cause as Error | undefined)?.name === 'TimeoutError'
  ) {
    return refuse(
      'SERVICE_UNAVAILABLE',
      'PROXY_SILENT',
      `The proxy ${proxy} did not answer within ${limitMs / 1000} s.`,
    );
  }
  const failure = controlFailure(error);
  if (failure.kind === 'refused') {
    return refuse(failure.code === 'BUSY' ? 'CONFLICT' : 'PRECONDITION_FAILED', failure.code, failure.message, {
      checks: failure.checks,
    });
  }
  if (failure.kind === 'unreachable') {
    return refuse('SERVICE_UNAVAILABLE', 'PROXY_LOST', `The proxy ${proxy} cannot be reached: ${failure.message}`);
  }
  const code = failure.kind === 'denied' ? 'PROXY_DENIED' : 'PROXY_FAILED';
  return refuse('PRECONDITION_FAILED', code, `The proxy ${proxy}: ${failure.message}`);
}
