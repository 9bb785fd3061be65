/** The browser's side of the console's API. The router comes as a type only. */
import { createTRPCClient, httpBatchLink, TRPCClientError } from '@trpc/client';
import type { AppRouter } from '../../server/rpc/router.ts';

/** Always in a body: questions carry texts of files, and what stands in an address is written into logs. */
export const api = createTRPCClient<AppRouter>({
  links: [httpBatchLink({ url: '/api/trpc', methodOverride: 'POST' })],
});
export type Api = typeof api;

export interface ApiFailure {
  /** Of the refusal, or UNREACHABLE, FAILED. */
  readonly code: string;
  readonly message: string;
  readonly permission: string | null;
  readonly checks: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly detail: string;
    readonly remedy: string | null;
  }[];
}

/** What a page shows of a call that did not succeed. */
export function failureOf(error: unknown): ApiFailure {
  if (error instanceof TRPCClientError) {
    const data = (error as TRPCClientError<AppRouter>).data;
    if (data == null) return { code: 'UNREACHABLE', message: error.message, permission: null, checks: [] };
    const { refused, code } = data;
    return {
      code: refused?.code ?? code,
      message: error.message,
      permission: refused?.permission ?? null,
      checks: refused?.checks ?? [],
    };
  }
  return {
    code: 'FAILED',
    message: error instanceof Error ? error.message : String(error),
    permission: null,
    checks: [],
  };
}
