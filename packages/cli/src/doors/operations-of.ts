/** The supervisor as the doors see it. What stops it is what a signal would do, so that the process ends too. */
import type { Supervisor } from '@pgherd/engine';
import type { Operations } from '@pgherd/operations';
import type { StopSignals } from '../stop-signals.ts';

export function operationsOf(supervisor: Supervisor, signals: StopSignals): Operations {
  return new Proxy<Operations>(supervisor, {
    get(target, name: keyof Operations) {
      if (name === 'stop') {
        return async (...[mode, by]: Parameters<Operations['stop']>) => {
          if (by !== undefined) supervisor.stopAsked(mode, by);
          signals.ask(mode);
        };
      }
      const method: unknown = target[name];
      return typeof method === 'function' ? method.bind(target) : method;
    },
  });
}
