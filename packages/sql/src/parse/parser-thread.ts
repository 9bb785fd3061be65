import { Worker } from 'node:worker_threads';
import { THREAD_HEAP_MB, THREAD_QUEUE_MAX, THREAD_STACK_MB } from './limits.ts';
import type { ThreadAnswer } from './thread.ts';

export type ThreadOutcome = Exclude<ThreadAnswer, { kind: 'ready' }> | { readonly kind: 'timeout' };

interface Job {
  readonly text: string;
  settle: ((outcome: ThreadOutcome) => void) | null;
  deadline: NodeJS.Timeout;
}

/** Parses long texts in a thread of its own, one after another.
 *
 *  Every text is answered within the deadline after it was given. A thread that works on one text for longer than the deadline, or
 *  that breaks, is ended; the next text gets a fresh one. Started by the first text; keeps no process alive. */
export class ParserThread {
  readonly #deadlineMs: number;
  readonly #waiting: Job[] = [];
  #worker: Worker | null = null;
  #ready = false;
  #running: Job | null = null;
  #runLimit: NodeJS.Timeout | null = null;
  #closed = false;
  /** Threads started so far. */
  started = 0;

  constructor(deadlineMs: number) {
    this.#deadlineMs = deadlineMs;
  }

  parse(text: string): Promise<ThreadOutcome> {
    if (this.#closed || this.#waiting.length >= THREAD_QUEUE_MAX) return Promise.resolve({ kind: 'timeout' });
    return new Promise((resolve) => {
      const deadline = setTimeout(() => {
        const at = this.#waiting.indexOf(job);
        if (at >= 0) this.#waiting.splice(at, 1);
        settle(job, { kind: 'timeout' });
      }, this.#deadlineMs);
      const job: Job = { text, settle: resolve, deadline };
      this.#waiting.push(job);
      this.#next();
    });
  }

  close(): void {
    this.#closed = true;
    this.#endThread({ kind: 'timeout' });
    for (const job of this.#waiting.splice(0)) settle(job, { kind: 'timeout' });
  }

  #next(): void {
    if (this.#running !== null || this.#waiting.length === 0) return;
    this.#worker ??= this.#start();
    if (!this.#ready) return;
    const job = this.#waiting.shift();
    if (job === undefined) return;
    this.#running = job;
    this.#runLimit = setTimeout(() => this.#endThread({ kind: 'timeout' }), this.#deadlineMs);
    this.#worker.postMessage(job.text);
  }

  #start(): Worker {
    this.started++;
    const worker = new Worker(new URL('./thread.ts', import.meta.url), {
      name: 'pgherd-parser',
      execArgv: [],
      resourceLimits: { stackSizeMb: THREAD_STACK_MB, maxOldGenerationSizeMb: THREAD_HEAP_MB },
    });
    worker.on('message', (answer: ThreadAnswer) => {
      if (worker !== this.#worker) return;
      if (answer.kind === 'ready') this.#ready = true;
      else if (answer.kind === 'broken') return this.#endThread(answer);
      else this.#finish(answer);
      this.#next();
    });
    const lost = (): void => {
      if (worker !== this.#worker) return;
      // A thread that did not come up will not come up for the same text a moment later: those who wait are not kept.
      if (!this.#ready) for (const job of this.#waiting.splice(0)) settle(job, { kind: 'broken' });
      this.#endThread({ kind: 'broken' });
    };
    worker.on('error', lost);
    worker.on('exit', lost);
    // Last: a listener for messages would hold the process again.
    worker.unref();
    return worker;
  }

  #finish(outcome: ThreadOutcome): void {
    if (this.#runLimit !== null) clearTimeout(this.#runLimit);
    this.#runLimit = null;
    if (this.#running !== null) settle(this.#running, outcome);
    this.#running = null;
  }

  #endThread(outcome: ThreadOutcome): void {
    const worker = this.#worker;
    this.#worker = null;
    this.#ready = false;
    this.#finish(outcome);
    // Nobody waits for the end of a thread, and an end does not fail.
    if (worker !== null) worker.terminate().catch(() => {});
    if (!this.#closed) this.#next();
  }
}

function settle(job: Job, outcome: ThreadOutcome): void {
  clearTimeout(job.deadline);
  job.settle?.(outcome);
  job.settle = null;
}
