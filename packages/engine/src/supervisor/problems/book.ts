/** Remembers since when each problem is there, and tells whether the list reads differently. */
import type { Problem } from '@pgherd/operations';

export type FoundProblem = Omit<Problem, 'since'>;

export class ProblemBook {
  #since = new Map<string, string>();
  readonly #now: () => Date;

  constructor(now: () => Date = () => new Date()) {
    this.#now = now;
  }

  /** The worst first, then in the order given. */
  list(found: readonly FoundProblem[]): Problem[] {
    const since = new Map<string, string>();
    const problems = found.map((problem) => {
      const key = keyOf(problem);
      const at = since.get(key) ?? this.#since.get(key) ?? this.#now().toISOString();
      since.set(key, at);
      return { ...problem, since: at };
    });
    this.#since = since; // what is gone and comes again begins anew
    return [...problems.filter(isError), ...problems.filter((problem) => !isError(problem))];
  }
}

const isError = ({ severity }: Problem): boolean => severity === 'error';

/** Figures in a sentence change while the problem is the same. */
const keyOf = ({ code, node, sentence }: FoundProblem): string =>
  `${code} ${node} ${sentence.replace(/\d+(\.\d+)?/g, '#')}`;
