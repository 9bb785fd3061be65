/** Acts under way and ended: each is an operation whose steps are told as they happen. Same-time acts are refused. */
import { randomUUID } from 'node:crypto';
import { type Author, type Operation, type OperationStep, RefusedError, type Wish } from '@pgherd/operations';

const KEPT = 100;
const OUTPUT_LINES_MAX = 200;

/** What an act tells of itself while it runs. */
export interface ActReport {
  /** A step begins; the one before it is done. */
  step(name: string, detail?: string): void;
  detail(text: string): void;
  output(line: string): void;
  progress(doneBytes: number, totalBytes: number | null): void;
  /** Aborted, with the reason, when somebody calls the act off. */
  readonly signal: AbortSignal;
  /** From now on it cannot be called off, for this reason; null = it can. Only acts that say so can at all. */
  lasting(reason: string | null): void;
}

interface Running {
  readonly controller: AbortController;
  lasting: string | null;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export class Acts {
  private readonly kept: Writable<Operation>[] = [];
  private readonly ends = new Map<string, Promise<Operation>>();
  private readonly listeners = new Set<(operation: Operation) => void>();
  private running: Writable<Operation> | null = null;
  private readonly calledOff = new WeakMap<Operation, Running>();

  get busyWith(): Operation | null {
    return this.running;
  }

  begin(wish: Wish, by: Author, node: number | null, run: (report: ActReport) => Promise<void>): Operation {
    // A failover waits for nobody.
    if (this.running !== null && !(wish.act === 'failover' && this.running.act !== 'failover')) {
      throw new RefusedError('BUSY', `${this.running.act} of node ${this.running.node ?? '?'} is in progress`);
    }
    const operation: Writable<Operation> = {
      id: randomUUID(),
      act: wish.act,
      node,
      by,
      state: 'running',
      steps: [],
      progress: null,
      startedAt: new Date().toISOString(),
      endedAt: null,
      error: null,
      output: [],
    };
    this.running = operation;
    this.kept.push(operation);
    if (this.kept.length > KEPT) this.ends.delete(this.kept.shift()?.id ?? '');
    this.calledOff.set(operation, {
      controller: new AbortController(),
      lasting: `a ${wish.act} cannot be called off`,
    });
    const end = this.run(operation, run);
    this.ends.set(operation.id, end);
    return structuredClone(operation);
  }

  private async run(operation: Writable<Operation>, act: (report: ActReport) => Promise<void>): Promise<Operation> {
    let error: string | null = null;
    try {
      await act(this.reportOf(operation));
    } catch (reason) {
      const { signal } = this.controllerOf(operation);
      const cause: unknown = signal.aborted ? signal.reason : reason;
      error = cause instanceof Error ? cause.message : String(cause);
    }
    endStep(operation.steps as Writable<OperationStep>[], error === null ? 'done' : 'failed');
    operation.state = error === null ? 'done' : 'failed';
    operation.error = error;
    operation.endedAt = new Date().toISOString();
    if (this.running === operation) this.running = null;
    this.changed(operation);
    return structuredClone(operation);
  }

  private controllerOf(operation: Operation): AbortController {
    return this.calledOff.get(operation)?.controller ?? new AbortController();
  }

  /** @returns the act as it is now; it ends soon. @throws RefusedError NOTHING_TO_DO, NOT_POSSIBLE */
  cancel(id: string, by: string): Operation {
    const operation = this.kept.find((known) => known.id === id);
    const running = operation === undefined ? undefined : this.calledOff.get(operation);
    if (operation === undefined || running === undefined || operation.state !== 'running') {
      throw new RefusedError('NOTHING_TO_DO', operation === undefined ? `there is no operation ${id}` : 'it has ended');
    }
    if (running.lasting !== null) throw new RefusedError('NOT_POSSIBLE', running.lasting);
    running.controller.abort(new Error(`called off by ${by}`));
    return structuredClone(operation);
  }

  /** An act that an earlier supervisor did not live to end. */
  interrupted(act: Wish['act'], node: number | null, by: Author, startedAt: string, error: string): void {
    const endedAt = new Date().toISOString();
    const operation: Writable<Operation> = {
      ...{ id: randomUUID(), act, node, by, state: 'failed', steps: [], progress: null, startedAt, endedAt, error },
      output: [],
    };
    this.kept.push(operation);
    this.ends.set(operation.id, Promise.resolve(operation));
  }

  private reportOf(operation: Writable<Operation>): ActReport {
    const steps = operation.steps as Writable<OperationStep>[];
    return {
      step: (name, detail) => {
        endStep(steps, 'done');
        steps.push({
          name,
          state: 'running',
          startedAt: new Date().toISOString(),
          endedAt: null,
          detail: detail ?? null,
        });
        this.changed(operation);
      },
      detail: (text) => {
        const last = steps.at(-1);
        if (last !== undefined) last.detail = text;
        this.changed(operation);
      },
      output: (line) => {
        operation.output.push(line);
        if (operation.output.length > OUTPUT_LINES_MAX) operation.output.shift();
        this.changed(operation);
      },
      progress: (doneBytes, totalBytes) => {
        // The total is an estimate: one that turned out too small is none any more.
        operation.progress = {
          doneBytes,
          totalBytes: totalBytes !== null && doneBytes > totalBytes ? null : totalBytes,
        };
        this.changed(operation);
      },
      signal: this.controllerOf(operation).signal,
      lasting: (reason) => {
        const running = this.calledOff.get(operation);
        if (running !== undefined) running.lasting = reason;
      },
    };
  }

  /** What a command said while an act runs belongs to that act. */
  output(line: string): void {
    if (this.running !== null) this.reportOf(this.running).output(line);
  }

  private changed(operation: Operation): void {
    if (this.listeners.size === 0) return;
    const copy = structuredClone(operation);
    for (const listener of this.listeners) listener(copy);
  }

  list(): readonly Operation[] {
    return structuredClone(this.kept);
  }

  ended(id: string): Promise<Operation> {
    const end = this.ends.get(id);
    if (end === undefined) return Promise.reject(new RefusedError('NOTHING_TO_DO', `there is no operation ${id}`));
    return end;
  }

  watch(listener: (operation: Operation) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

function endStep(steps: Writable<OperationStep>[], state: 'done' | 'failed'): void {
  const last = steps.at(-1);
  if (last === undefined || last.state !== 'running') return;
  last.state = state;
  last.endedAt = new Date().toISOString();
}
