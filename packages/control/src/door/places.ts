/** How much one connection may have open at once. */

const CALLS_MAX = 32;
const SUBSCRIPTIONS_MAX = 32;

export class Places {
  #open = { call: 0, subscription: 0 };

  enter(kind: 'call' | 'subscription'): (() => void) | null {
    if (this.#open[kind] >= (kind === 'call' ? CALLS_MAX : SUBSCRIPTIONS_MAX)) return null;
    this.#open[kind]++;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#open[kind]--;
    };
  }
}
