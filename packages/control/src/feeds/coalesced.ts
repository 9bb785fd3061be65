/**
 * Many who ask the same at once cost the engine one answer. Whoever comes while a question is open shares the next one,
 * which begins after they asked: an answer is never older than its question.
 */
import type { Operations } from '@pgherd/operations';

export function coalesced<T>(ask: () => T | Promise<T>): () => Promise<T> {
  let open: Promise<T> | null = null;
  let next: Promise<T> | null = null;
  const begin = (): Promise<T> => {
    const mine = Promise.resolve()
      .then(ask)
      .finally(() => {
        if (open === mine) open = null;
      });
    open = mine;
    return mine;
  };
  return () => {
    if (open === null) return begin();
    next ??= open
      .catch(() => {}) // told to those who asked for it
      .then(() => {
        next = null;
        return begin();
      });
    return next;
  };
}

/** The operations, where questions that everybody asks are answered together. */
export function sparing(operations: Operations): Operations {
  const together: Partial<Operations> = {
    status: coalesced(() => operations.status()),
    sessions: coalesced(() => operations.sessions()),
    problems: coalesced(() => operations.problems()),
    configurationTable: coalesced(() => operations.configurationTable()),
    configurationFiles: coalesced(() => operations.configurationFiles()),
    configurationRunning: coalesced(() => operations.configurationRunning()),
    plan: coalesced(() => operations.plan()),
    operations: coalesced(() => operations.operations()),
  };
  return new Proxy(operations, {
    get(target, name: keyof Operations) {
      const own = together[name];
      if (own !== undefined) return own;
      const method: unknown = target[name];
      return typeof method === 'function' ? method.bind(target) : method;
    },
  });
}
