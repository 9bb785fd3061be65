/** Questions that the supervisor puts to its workers, and who has answered them. */
import type { WorkerQuestion } from '../ipc.ts';
import type { WorkerProcess } from './worker-process.ts';

/** How long a worker may take to answer a question, unless more is given. */
const ANSWER_LIMIT_MS = 5_000;

interface Poll {
  /** Indexes of the workers that have not answered yet. */
  readonly open: Set<number>;
  readonly done: (found: boolean) => void;
}

export class WorkerQuestions {
  private readonly live: () => readonly WorkerProcess[];
  private lastId = 0;
  private readonly polls = new Map<number, Poll>();
  private readonly asked = new Map<number, (answer: unknown) => void>();

  /** @param live the workers that are ready */
  constructor(live: () => readonly WorkerProcess[]) {
    this.live = live;
  }

  /** Asks all other workers; `done` hears that one of them said yes, or that all have answered. */
  broadcast(
    from: WorkerProcess,
    message: { t: 'cancel'; pid: number; secret: string } | { t: 'guard'; database: string },
    done: (found: boolean) => void,
  ): void {
    const others = this.live().filter((worker) => worker !== from);
    if (others.length === 0) {
      done(false);
      return;
    }
    const request = ++this.lastId;
    this.polls.set(request, { open: new Set(others.map((worker) => worker.index)), done });
    for (const worker of others) worker.send({ ...message, request });
  }

  /** A worker's part of a poll. */
  said(request: number, workerIndex: number, found: boolean): void {
    const poll = this.polls.get(request);
    if (poll === undefined || !poll.open.delete(workerIndex)) return;
    if (!found && poll.open.size > 0) return;
    this.polls.delete(request);
    poll.done(found);
  }

  /** A worker that has ended says nothing any more. */
  left(workerIndex: number): void {
    for (const request of [...this.polls.keys()]) this.said(request, workerIndex, false);
  }

  /** Asks all workers. One that does not answer in time is left out. */
  async all<T extends object>(question: WorkerQuestion): Promise<{ pid: number; answer: T }[]> {
    const answers = await Promise.all(
      this.live().map(async (worker) => ({ pid: worker.pid, answer: await this.one<T>(worker, question) })),
    );
    return answers.flatMap(({ pid, answer }) => (answer === null || 'error' in answer ? [] : [{ pid, answer }]));
  }

  one<T extends object>(worker: WorkerProcess, question: WorkerQuestion, limitMs = ANSWER_LIMIT_MS): Promise<T | null> {
    const request = ++this.lastId;
    return new Promise((resolve) => {
      const done = (answer: unknown): void => {
        clearTimeout(timer);
        this.asked.delete(request);
        resolve(answer as T | null);
      };
      const timer = setTimeout(() => done(null), limitMs);
      this.asked.set(request, done);
      worker.send({ t: 'question', request, question });
    });
  }

  answered(request: number, answer: unknown): void {
    this.asked.get(request)?.(answer);
  }
}
