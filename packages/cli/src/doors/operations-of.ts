/** The supervisor as the doors see it. What stops it is what a signal would do, so that the process ends too. */
import type { Supervisor } from '@pgherd/engine';
import { type Operations, RefusedError } from '@pgherd/operations';
import type { StopSignals } from '../stop-signals.ts';

export function operationsOf(supervisor: Supervisor, signals: StopSignals): Operations {
  return new Proxy(supervisor as unknown as Operations, {
    get(target, name: keyof Operations) {
      if (name === 'stop') return async (mode: Parameters<Operations['stop']>[0]) => signals.ask(mode);
      const method: unknown = target[name];
      if (typeof method === 'function') return method.bind(target);
      return () => {
        if (name.startsWith('watch')) return () => {}; // nothing to be seen yet
        throw new RefusedError('NOT_ENABLED', `${name} is not built yet`);
      };
    },
  });
}
