/** Lets so many in at a time; the others wait in order. */
export class Turns {
  private free: number;
  private readonly waiting: (() => void)[] = [];
  private next = 0;

  constructor(places: number) {
    this.free = places;
  }

  take(): Promise<void> {
    if (this.free > 0) {
      this.free--;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** To be called once for each `take`. */
  give(): void {
    const wake = this.waiting[this.next];
    if (wake === undefined) {
      this.free++;
      return;
    }
    this.next++;
    if (this.next === this.waiting.length) {
      this.waiting.length = 0;
      this.next = 0;
    }
    wake();
  }
}
