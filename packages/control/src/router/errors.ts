/** Refusals of the engine as typed errors: the code decides the HTTP status, `data.refused` carries code and checks. */
import { type RefusalCode, RefusedError } from '@pgherd/operations';
import { TRPCError } from '@trpc/server';

const CODES: Readonly<Record<RefusalCode, TRPCError['code']>> = {
  NO_SUCH_NODE: 'NOT_FOUND',
  NOTHING_TO_DO: 'CONFLICT',
  BUSY: 'CONFLICT',
  WRONG_MODE: 'PRECONDITION_FAILED',
  NOT_POSSIBLE: 'PRECONDITION_FAILED',
  NOT_ENABLED: 'PRECONDITION_FAILED',
  CONFLICT: 'CONFLICT',
  EXTERNALLY_MANAGED: 'PRECONDITION_FAILED',
  NOT_ALLOWED: 'FORBIDDEN',
};

/** What a caller hears of a fault that is not theirs; the log has the rest. */
export const INTERNAL_MESSAGE = 'The engine could not answer; its log tells why.';

export function typedError(error: unknown): TRPCError {
  if (error instanceof TRPCError) return error.cause instanceof RefusedError ? typedError(error.cause) : error;
  if (error instanceof RefusedError) {
    return new TRPCError({ code: CODES[error.code], message: error.message, cause: error });
  }
  return new TRPCError({ code: 'INTERNAL_SERVER_ERROR', message: INTERNAL_MESSAGE, cause: error });
}
