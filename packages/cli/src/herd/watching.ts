/** `--watch`: the same again each time something changed, until Ctrl-C or until the engine is gone. */
import type { CommandIo } from '../io.ts';

interface Subscription {
  unsubscribe(): void;
}

export interface Handlers<T> {
  onData(value: T): void;
  onError(error: unknown): void;
}

const CLEAR = '\u001b[H\u001b[2J\u001b[3J';

/** @param show what to print of a value, or null for nothing; on a terminal a screen is drawn anew when `screen` is set */
export function watch<T>(
  subscribe: (handlers: Handlers<T>) => Subscription,
  show: (value: T) => string | null,
  io: CommandIo,
  screen: boolean,
): Promise<never> {
  return new Promise((_, reject) => {
    subscribe({
      onData: (value) => {
        const text = show(value);
        if (text !== null) io.stdout(screen && process.stdout.isTTY === true ? `${CLEAR}${text}` : text);
      },
      onError: reject,
    });
  });
}
