import type { StopMode } from '@pgherd/operations';

const MODES: readonly (readonly [NodeJS.Signals, StopMode])[] = [
  ['SIGTERM', 'smart'],
  ['SIGINT', 'fast'],
  ['SIGQUIT', 'immediate'],
];

/** Signals that ask to stop, as Pgpool-II understands them. Listening begins with the object. */
export class StopSignals {
  /** Resolves with the first one. */
  readonly asked: Promise<StopMode>;
  #first: StopMode | null = null;
  #onEach: (mode: StopMode) => void = () => {};
  #resolve: (mode: StopMode) => void = () => {};
  readonly #handlers: (readonly [NodeJS.Signals, () => void])[] = [];

  constructor() {
    this.asked = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    for (const [signal, mode] of MODES) {
      const act = (): void => this.ask(mode);
      process.on(signal, act);
      this.#handlers.push([signal, act]);
    }
  }

  /** As if the signal had come: somebody asks at a door. */
  ask(mode: StopMode): void {
    this.#first ??= mode;
    this.#resolve(mode);
    this.#onEach(mode);
  }

  get first(): StopMode | null {
    return this.#first;
  }

  /** `act` hears of every further signal too: a second one may be more urgent. */
  onEach(act: (mode: StopMode) => void): void {
    this.#onEach = act;
  }

  release(): void {
    for (const [signal, act] of this.#handlers.splice(0)) process.removeListener(signal, act);
  }
}
