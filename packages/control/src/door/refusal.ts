/** Answers given before the API is asked, in the shape that its clients understand. */
import type { TRPCError } from '@trpc/server';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';

export interface Refusal {
  readonly code: TRPCError['code'];
  readonly message: string;
}

export function refusalStatus({ code }: Refusal): number {
  return getHTTPStatusCodeFromError({ code } as TRPCError);
}

export function refusalBody({ code, message }: Refusal): string {
  const data = { code, httpStatus: refusalStatus({ code, message }), refused: null };
  return `${JSON.stringify({ error: { message, code: TRPC_ERROR_CODES_BY_KEY[code], data } })}\n`;
}
