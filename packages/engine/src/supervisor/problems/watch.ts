/** The list of problems by what the engine knows, told each time it reads differently. */
import type { EngineStatus, Problems } from '@pgherd/operations';
import { ProblemBook } from './book.ts';
import { type Circumstances, judgeStatus } from './judge-status.ts';

export interface ProblemPorts {
  status(): EngineStatus;
  circumstances(): Circumstances;
  /** About once a second, and after a change of the herd. */
  watch(listener: (status: EngineStatus) => void): () => void;
}

export class ProblemWatch {
  readonly #ports: ProblemPorts;
  readonly #book = new ProblemBook();

  constructor(ports: ProblemPorts) {
    this.#ports = ports;
  }

  problems(status = this.#ports.status()): Problems {
    return { problems: this.#book.list(judgeStatus(status, this.#ports.circumstances())), lookedAt: null };
  }

  watch(listener: (problems: Problems) => void): () => void {
    let told = '';
    return this.#ports.watch((status) => {
      const now = this.problems(status);
      const text = JSON.stringify(now);
      if (text === told) return;
      told = text;
      listener(now);
    });
  }
}
