/**
 * The operations, where problems() also has what a doctor's look at the servers finds: the same list as `pgherd doctor`.
 * The looks are taken in the doors' thread, one at a time, and only while somebody wants to know.
 */
import type { FoundProblem } from '@pgherd/engine';
import type { Operations, Problems } from '@pgherd/operations';
import type { ConfigurationFiles } from '../configuration-files.ts';

/** Problems that the engine has not found by itself. */
export type Look = (operations: Operations) => Promise<readonly FoundProblem[]>;

/** How old a look may be when somebody asks, and how often one is taken for those that watch. */
const LOOK_EVERY_MS = 30_000;
/** A look that takes longer is not waited for. */
const LOOK_LIMIT_MS = 20_000;

/** Loaded with the first look: most doors never need it. */
export function doctorLook(files: ConfigurationFiles): Look {
  return async (operations) => {
    const { lookAround } = await import('../doctor/look-around.ts');
    return lookAround(files, operations);
  };
}

export function withLooks(operations: Operations, look: Look, log: (message: string) => void): Operations {
  const looks = new Looks(operations, look, log);
  return new Proxy(operations, {
    get(target, name: keyof Operations) {
      if (name === 'problems') return () => looks.problems();
      if (name === 'watchProblems') return (listener: (problems: Problems) => void) => looks.watch(listener);
      const method: unknown = target[name];
      return typeof method === 'function' ? method.bind(target) : method;
    },
  });
}

class Looks {
  readonly #operations: Operations;
  readonly #look: Look;
  readonly #log: (message: string) => void;
  #found: Problems['problems'] = [];
  #lookedAt: string | null = null;
  #takenMs = Number.NEGATIVE_INFINITY;
  #underway: Promise<void> | null = null;
  readonly #afterLook = new Set<() => void>();

  constructor(operations: Operations, look: Look, log: (message: string) => void) {
    this.#operations = operations;
    this.#look = look;
    this.#log = log;
  }

  /** The first one who asks waits for a look; later ones get the last one's findings while the next is taken. */
  async problems(): Promise<Problems> {
    const look = this.#lookIfDue();
    if (this.#lookedAt === null && look !== null) await look;
    return this.#with(await this.#operations.problems());
  }

  watch(listener: (problems: Problems) => void): () => void {
    let own: Problems | null = null;
    let told = '';
    const tell = (): void => {
      if (own === null) return;
      const now = this.#with(own);
      const text = JSON.stringify(now.problems);
      if (text === told) return;
      told = text;
      listener(now);
    };
    const end = this.#operations.watchProblems((problems) => {
      own = problems;
      tell();
    });
    this.#afterLook.add(tell);
    void this.#lookIfDue();
    const timer = setInterval(() => void this.#lookIfDue(), LOOK_EVERY_MS);
    return () => {
      clearInterval(timer);
      this.#afterLook.delete(tell);
      end();
    };
  }

  #lookIfDue(): Promise<void> | null {
    if (this.#underway !== null) return this.#underway;
    if (performance.now() - this.#takenMs < LOOK_EVERY_MS) return null;
    this.#takenMs = performance.now();
    this.#underway = this.#take().finally(() => {
      this.#underway = null;
    });
    return this.#underway;
  }

  async #take(): Promise<void> {
    let limit: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      limit = setTimeout(() => reject(new Error(`nothing after ${LOOK_LIMIT_MS / 1_000} s`)), LOOK_LIMIT_MS);
    });
    try {
      const found = await Promise.race([this.#look(this.#operations), late]);
      const at = new Date().toISOString();
      const before = new Map(this.#found.map((problem) => [keyOf(problem), problem.since]));
      this.#found = found.map((problem) => ({ ...problem, since: before.get(keyOf(problem)) ?? at }));
      this.#lookedAt = at;
    } catch (error) {
      this.#log(`the servers could not be looked at for problems: ${(error as Error).message}`);
    } finally {
      clearTimeout(limit);
    }
    for (const tell of this.#afterLook) tell();
  }

  #with({ problems }: Problems): Problems {
    const all = [...problems, ...this.#found.filter((found) => !problems.some((own) => covers(own, found)))];
    const rank = ({ severity }: FoundProblem): number => (severity === 'error' ? 0 : 1);
    return { problems: all.toSorted((a, b) => rank(a) - rank(b)), lookedAt: this.#lookedAt };
  }
}

const keyOf = ({ code, node, sentence }: FoundProblem): string =>
  `${code} ${node} ${sentence.replace(/\d+(\.\d+)?/g, '#')}`;

/** The engine says by itself that a node is down, or which one is the primary: a look has nothing to add to that. */
function covers(own: FoundProblem, found: FoundProblem): boolean {
  if (own.node !== null && own.node === found.node) return ABOUT_A_NODE.has(found.code);
  return own.code === 'no-primary' && found.code === 'look-primary';
}

const ABOUT_A_NODE: ReadonlySet<string> = new Set([
  'look-connection',
  'look-primary',
  'look-reads',
  'look-replication',
]);
