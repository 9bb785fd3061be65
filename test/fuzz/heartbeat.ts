/** A client that asks all the time: how long the engine ever left somebody waiting. */
import { RawClient, type SignIn, type Target } from '../../packages/engine/test-support/raw-client.ts';

export class Heartbeat {
  slowestMs = 0;
  beats = 0;
  private running = true;
  private readonly done: Promise<void>;

  constructor(target: Target, how: SignIn) {
    this.done = this.beat(target, how);
  }

  private async beat(target: Target, how: SignIn): Promise<void> {
    const client = await RawClient.signIn(target, how);
    while (this.running) {
      const startedMs = performance.now();
      const value = await client.value(`SELECT '${this.beats}'`, 5_000);
      if (value !== String(this.beats)) throw new Error(`asked for ${this.beats}, got ${value}`);
      this.slowestMs = Math.max(this.slowestMs, performance.now() - startedMs);
      this.beats++;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await client.end();
  }

  /** @throws Error when it ever got a wrong answer, or none */
  async stop(): Promise<void> {
    this.running = false;
    await this.done;
  }
}
