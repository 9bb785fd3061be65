/**
 * The gate in front of the sessions: numbers connections as they arrive, and gives them client slots. It stands in the
 * supervisor when several workers share the slots, and in the worker itself when there is only one.
 */
import { Admission, type AdmissionLimits } from './admission.ts';

export interface GatePorts {
  /** A connection that waited has a slot now. */
  admit(id: number): void;
  refuse(id: number): void;
  /** Clients wait: slots that become free should be told of at once. */
  tight(): void;
}

/** Connections without a slot that may be open at once beyond the queue: cancel requests among them. */
const UNADMITTED_EXTRA = 512;

export class Gate {
  private readonly ports: GatePorts;
  private readonly admission: Admission;
  private readonly withoutSlot = new Set<number>();
  private lastId = 0;

  constructor(limits: AdmissionLimits, ports: GatePorts) {
    this.admission = new Admission(limits);
    this.ports = ports;
  }

  get busy(): number {
    return this.admission.busy;
  }

  get waiting(): number {
    return this.admission.waiting;
  }

  get refused(): number {
    return this.admission.refused;
  }

  set limits(limits: AdmissionLimits) {
    this.admission.limits = limits;
    this.admitAll(this.admission.promote());
  }

  /** A connection was accepted. @returns null when there is no place for it, not even to wait; `refused` counts it */
  arrive(): { readonly id: number; readonly admitted: boolean } | null {
    const id = ++this.lastId;
    const admitted = this.admission.arrive(id);
    if (admitted) return { id, admitted };
    if (this.withoutSlot.size >= this.admission.limits.queue * 2 + UNADMITTED_EXTRA) {
      this.admission.refused++;
      return null;
    }
    this.withoutSlot.add(id);
    return { id, admitted };
  }

  /** A connection without a slot turned out to be a client; one that holds a slot gives it back and will ask later. */
  want(id: number): void {
    const { admission } = this;
    if (admission.holds(id)) {
      this.withoutSlot.add(id);
      this.admitAll(admission.giveBack(id));
      return;
    }
    const verdict = admission.want(id);
    if (verdict === 'admit') this.admit(id);
    else if (verdict === 'refuse') this.ports.refuse(id);
    else this.ports.tight();
  }

  ended(ids: readonly number[]): void {
    for (const id of ids) this.withoutSlot.delete(id);
    this.admitAll(this.admission.end(ids));
  }

  private admit(id: number): void {
    this.withoutSlot.delete(id);
    this.ports.admit(id);
  }

  private admitAll(ids: readonly number[]): void {
    for (const id of ids) this.admit(id);
  }
}
