/** What a person or script can do something about: a stable code and a sentence. Everything else is a fault or a bug. */

import type { Check } from '@pgherd/operations';
import { TRPCError } from '@trpc/server';

export type RefusalKind =
  | 'BAD_REQUEST'
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'PRECONDITION_FAILED'
  | 'TOO_MANY_REQUESTS'
  | 'SERVICE_UNAVAILABLE';

/** Carried as `error.data.refused`. */
export class Refusal extends Error {
  readonly code: string;
  readonly checks: readonly Check[];
  /** The permission that is missing, where that is the reason. */
  readonly permission: string | null;
  constructor(code: string, message: string, more: { checks?: readonly Check[]; permission?: string } = {}) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
    this.checks = more.checks ?? [];
    this.permission = more.permission ?? null;
  }
}

export function refuse(
  kind: RefusalKind,
  code: string,
  message: string,
  more: { checks?: readonly Check[]; permission?: string } = {},
): TRPCError {
  return new TRPCError({ code: kind, message, cause: new Refusal(code, message, more) });
}
