/** Looks at nodes: one at a time for each, as soon as the earliest of those that were asked for. */
export class Looks {
  private readonly look: (node: number) => Promise<void>;
  private readonly due = new Map<number, { at: number; timer: NodeJS.Timeout }>();
  private readonly underWay = new Map<number, Promise<void>>();
  private stopped = false;

  constructor(look: (node: number) => Promise<void>) {
    this.look = look;
  }

  /** @param afterMs from now; a look that is under way began too early to count, so another one follows it */
  ask(node: number, afterMs: number): void {
    if (this.stopped) return;
    const at = performance.now() + afterMs;
    const known = this.due.get(node);
    if (known !== undefined) {
      if (known.at <= at) return;
      clearTimeout(known.timer);
    }
    this.due.set(node, { at, timer: setTimeout(() => void this.now(node), afterMs) });
  }

  /** One look that begins now, or right after the one under way; @returns when it is over */
  async now(node: number): Promise<void> {
    const waiting = this.due.get(node);
    if (waiting !== undefined) clearTimeout(waiting.timer);
    this.due.delete(node);
    const before = this.underWay.get(node);
    if (before !== undefined) {
      await before;
      const after = this.underWay.get(node);
      if (after !== undefined) {
        await after; // somebody else who waited has begun it already
        return;
      }
    }
    if (this.stopped) return;
    const look = this.look(node).finally(() => {
      if (this.underWay.get(node) === look) this.underWay.delete(node);
    });
    this.underWay.set(node, look);
    await look;
  }

  stop(): void {
    this.stopped = true;
    for (const { timer } of this.due.values()) clearTimeout(timer);
    this.due.clear();
  }
}
