/** Writing down a ladder of rules: each one asked leaves a line, and only one decides. */
import type { Reason } from './types.ts';

/** A rule that let the statement go on. Nothing is made without a trace; build `found` only with one. */
export function passed(trace: Reason[], rule: string, found: string, node?: number | null): void {
  trace.push(node === undefined ? { rule, found, decided: false } : { rule, found, decided: false, node });
}

/** The reason that decided, which is also the last line of the trace. */
export function because(trace: Reason[] | undefined, rule: string, found: string): Reason {
  const reason = { rule, found, decided: true };
  trace?.push(reason);
  return reason;
}
