/** reset_query_list as bytes: what makes a used connection indistinguishable from a fresh one. */
import { encodeQuery } from '@pgherd/wire';

export interface ResetPlan {
  /** For a link outside a transaction: ABORT would only earn a warning there. */
  readonly idle: Buffer;
  readonly idleCount: number;
  readonly inTransaction: Buffer;
  readonly inTransactionCount: number;
  /** The same as text, for the log. */
  readonly idleTexts: readonly string[];
  readonly inTransactionTexts: readonly string[];
}

export function resetPlan(statements: readonly string[]): ResetPlan {
  const all = statements.map((text) => text.trim()).filter((text) => text !== '');
  const outside = all.filter((text) => !/^(abort|rollback)\b/i.test(text));
  return {
    idle: Buffer.concat(outside.map((sql) => encodeQuery(sql))),
    idleCount: outside.length,
    inTransaction: Buffer.concat(all.map((sql) => encodeQuery(sql))),
    inTransactionCount: all.length,
    idleTexts: outside,
    inTransactionTexts: all,
  };
}
