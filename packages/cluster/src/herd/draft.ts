/** A state in the making: one step works on it, and hands out an immutable state and the effects in order. */
import type { Effect, Told, ToldKind } from './events.ts';
import type { HerdNodeSettings, HerdSettings } from './settings.ts';
import { type FailoverAct, type FailoverPhase, type HerdState, NEWCOMER, type NodeState } from './state.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export class Draft {
  readonly settings: HerdSettings;
  readonly now: number;
  readonly effects: Effect[] = [];
  readonly state: Writable<HerdState>;
  private readonly nodes: Map<number, NodeState>;
  private published = false;

  constructor(state: HerdState, settings: HerdSettings, now: number) {
    this.settings = settings;
    this.now = now;
    this.nodes = new Map(state.nodes);
    this.state = { ...state, nodes: this.nodes };
  }

  done(): { state: HerdState; effects: readonly Effect[] } {
    if (this.published) this.effects.push({ t: 'publish' });
    return { state: this.state, effects: this.effects };
  }

  node(id: number): NodeState | undefined {
    return this.nodes.get(id);
  }

  *each(): Generator<NodeState> {
    yield* this.nodes.values();
  }

  of(id: number): HerdNodeSettings | undefined {
    return this.settings.nodes.find((node) => node.id === id);
  }

  change(id: number, part: Partial<NodeState>): void {
    const node = this.nodes.get(id);
    if (node !== undefined) this.nodes.set(id, { ...node, ...part });
  }

  /** Once for all changes of a step, after its other effects. */
  publish(): void {
    this.published = true;
  }

  effect(effect: Effect): void {
    this.effects.push(effect);
  }

  look(nodes: readonly number[], afterMs = 0): void {
    if (nodes.length > 0) this.effects.push({ t: 'look', nodes, afterMs });
  }

  tell(
    kind: ToldKind,
    node: number | null,
    severity: Told['severity'],
    message: string,
    by: string,
    details: Told['details'] = {},
  ): void {
    this.effects.push({ t: 'tell', kind, node, severity, message, by, details });
  }

  /** The act with these parts changed; a change of phase notes the time. */
  act(part: Partial<FailoverAct> & { readonly phase?: FailoverPhase }): void {
    const { act } = this.state;
    if (act === null) return;
    const entered = part.phase !== undefined && part.phase !== act.phase ? { phaseSince: this.now } : {};
    this.state.act = { ...act, ...entered, ...part };
  }

  /**
   * The nodes as configured: what is known of those that are there stays. All are attached at the start; one that comes
   * later waits until it has been seen, since its server may not exist yet.
   */
  adoptNodes(): void {
    const first = this.nodes.size === 0;
    const wanted = new Set(this.settings.nodes.map((node) => node.id));
    for (const id of [...this.nodes.keys()]) if (!wanted.has(id)) this.nodes.delete(id);
    for (const { id } of this.settings.nodes) {
      if (this.nodes.has(id)) continue;
      this.nodes.set(id, first ? newNode(id, this.now) : newcomer(id, this.now));
      if (!first) this.look([id]);
    }
    if (this.state.primary !== null && !wanted.has(this.state.primary)) {
      this.state.primary = null;
      this.state.epoch++;
      this.state.searchingSince = this.now;
    }
    this.publish();
  }
}

export function newNode(id: number, now: number): NodeState {
  return {
    id,
    attached: true,
    quarantined: false,
    reason: null,
    by: 'configuration',
    byOperator: false,
    changedAt: now,
    role: 'unknown',
    answer: null,
    answeredAt: null,
    received: [],
    failing: null,
    refusal: null,
    suspicion: null,
    failedBackAt: null,
    falseSince: null,
  };
}

function newcomer(id: number, now: number): NodeState {
  return { ...newNode(id, now), attached: false, by: NEWCOMER, reason: 'new in the configuration, not seen yet' };
}
