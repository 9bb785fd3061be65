/** The difference between what a subscriber has and what is now, by key. Pure. */

export interface Delta<T, K> {
  /** True: `changed` is everything, forget what you had. */
  readonly all: boolean;
  readonly changed: readonly T[];
  readonly gone: readonly K[];
}

export class DeltaMaker<T, K extends string | number> {
  readonly #keyOf: (value: T) => K;
  readonly #seen: (value: T) => unknown;
  #sent: Map<K, string> | null = null;

  /** @param seen what of a value counts as a change; the whole value otherwise */
  constructor(keyOf: (value: T) => K, seen: (value: T) => unknown = (value) => value) {
    this.#keyOf = keyOf;
    this.#seen = seen;
  }

  /** @returns null when nothing changed */
  next(values: readonly T[]): Delta<T, K> | null {
    const before = this.#sent;
    const now = new Map(values.map((value) => [this.#keyOf(value), JSON.stringify(this.#seen(value))]));
    this.#sent = now;
    if (before === null) return { all: true, changed: values, gone: [] };
    const changed = values.filter((value) => before.get(this.#keyOf(value)) !== now.get(this.#keyOf(value)));
    const gone = [...before.keys()].filter((key) => !now.has(key));
    return changed.length === 0 && gone.length === 0 ? null : { all: false, changed, gone };
  }
}
