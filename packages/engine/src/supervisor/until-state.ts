import type { HerdWatch } from './herd-watch.ts';

const POLL_MS = 100;

/** Resolves true once the condition holds after a change of what is believed, false after `limitMs`. */
export function untilState(watch: HerdWatch, condition: () => boolean, limitMs: number): Promise<boolean> {
  if (condition()) return Promise.resolve(true);
  return new Promise((resolve) => {
    const done = (held: boolean): void => {
      end();
      clearInterval(poll);
      clearTimeout(limit);
      resolve(held);
    };
    const look = (): void => {
      if (condition()) done(true);
    };
    const end = watch.onState(look);
    const poll = setInterval(look, POLL_MS); // clients come and go without an event of the herd
    const limit = setTimeout(() => done(false), limitMs);
  });
}
