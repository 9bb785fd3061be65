/**
 * Who gets a client slot. num_init_children sessions at a time; the next ones wait in order, up to the queue's length;
 * the rest are refused with 53300. With reserved_connections nobody waits: beyond the limit a client is refused at once.
 * Pure: ids in, decisions out.
 */

import type { Settings } from '@pgherd/config';

export interface AdmissionLimits {
  /** num_init_children */
  readonly slots: number;
  /** num_init_children x listen_backlog_multiplier */
  readonly queue: number;
  /** reserved_connections */
  readonly reserved: number;
}

/** What the settings allow. */
export function admissionLimits(settings: Settings): AdmissionLimits {
  return {
    slots: settings.num_init_children,
    queue: settings.num_init_children * settings.listen_backlog_multiplier,
    reserved: Math.min(settings.reserved_connections, settings.num_init_children - 1),
  };
}

export type Verdict = 'admit' | 'wait' | 'refuse';

export class Admission {
  limits: AdmissionLimits;
  /** Connections that hold a slot. */
  private readonly holders = new Set<number>();
  private readonly queue = new Set<number>();
  refused = 0;

  constructor(limits: AdmissionLimits) {
    this.limits = limits;
  }

  get busy(): number {
    return this.holders.size;
  }

  get waiting(): number {
    return this.queue.size;
  }

  private get free(): boolean {
    return this.holders.size < this.limits.slots - this.limits.reserved && this.queue.size === 0;
  }

  /** A connection arrived. True: it has a slot already and need not ask. */
  arrive(id: number): boolean {
    if (!this.free) return false;
    this.holders.add(id);
    return true;
  }

  /** A connection without a slot turned out to be a client. */
  want(id: number): Verdict {
    if (this.free) {
      this.holders.add(id);
      return 'admit';
    }
    if (this.limits.reserved > 0 || this.queue.size >= this.limits.queue) {
      this.refused++;
      return 'refuse';
    }
    this.queue.add(id);
    return 'wait';
  }

  holds(id: number): boolean {
    return this.holders.has(id);
  }

  /** A connection gives its slot back and stays; it will `want` one later. @returns those that get a slot now */
  giveBack(id: number): number[] {
    this.holders.delete(id);
    return this.promote();
  }

  /** A connection ended. @returns those that get a slot now, in order of arrival */
  end(ids: readonly number[]): number[] {
    for (const id of ids) {
      this.holders.delete(id);
      this.queue.delete(id);
    }
    return this.promote();
  }

  /** After the limits changed. */
  promote(): number[] {
    const admitted: number[] = [];
    for (const id of this.queue) {
      if (this.holders.size >= this.limits.slots - this.limits.reserved) break;
      this.queue.delete(id);
      this.holders.add(id);
      admitted.push(id);
    }
    return admitted;
  }
}
