/**
 * Connections to a standby that is about to become the primary, opened ahead of a planned switchover so that its clients do
 * not all wait for new server processes at the same instant. They were opened while the server was in recovery and prove
 * nothing about a primary: none is given out before the node's new term has begun, and whoever takes one asks it first.
 */
import type { Link } from '../backend/link.ts';

/** `skip`: not for this session. `stop`: the node takes no more, or is not what it was. `full`: it said so itself. */
export type Opened = Link | 'skip' | 'stop' | 'full';

/** Server processes that are being started at a time: the clients of the present primary go on beside it. */
const OPENINGS_MAX = 4;
/** How long after the promotion a connection may wait for its session. */
const KEEP_MS = 5_000;
/** A switchover that says nothing more for so long will not come. */
const FORGOTTEN_MS = 60_000;
/** A full server gets so many places back: whoever promotes it has to get in. */
const GIVEN_BACK = 4;

interface Round {
  readonly nodeId: number;
  readonly ready: Map<string, Link[]>;
  /** The term in which they may be used; null before the promotion. */
  term: number | null;
  timer: NodeJS.Timeout;
}

export class WarmHomes {
  private readonly discard: (link: Link) => void;
  private round: Round | null = null;

  /** @param discard closes a link and gives its place back */
  constructor(discard: (link: Link) => void) {
    this.discard = discard;
  }

  /** What stands ready. */
  get size(): number {
    let size = 0;
    for (const links of this.round?.ready.values() ?? []) size += links.length;
    return size;
  }

  /**
   * Opens one connection for each wish, as many as there are within the limit. What was warm before is closed.
   * @returns how many stand ready
   */
  async open<T>(
    nodeId: number,
    wishes: readonly T[],
    limitMs: number,
    open: (wish: T) => Promise<Opened>,
  ): Promise<number> {
    this.drop();
    const round: Round = { nodeId, ready: new Map(), term: null, timer: this.dropIn(FORGOTTEN_MS) };
    this.round = round;
    const deadline = performance.now() + limitMs;
    const left = wishes.values();
    let over = false;
    const one = async (): Promise<void> => {
      for (const wish of left) {
        if (over || performance.now() >= deadline) return;
        const found = await open(wish);
        if (found === 'skip') continue;
        if (typeof found === 'string') {
          over = true;
          if (found === 'full' && this.round === round) this.giveBack();
        } else if (this.round === round && round.term === null) this.keep(round, found);
        else this.discard(found);
      }
    };
    let timer: NodeJS.Timeout | null = null;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, limitMs);
    });
    await Promise.race([Promise.all(Array.from({ length: OPENINGS_MAX }, one)), limit]);
    over = true;
    if (timer !== null) clearTimeout(timer);
    return this.round === round ? this.size : 0;
  }

  private keep({ ready }: Round, link: Link): void {
    const links = ready.get(link.key);
    if (links === undefined) ready.set(link.key, [link]);
    else links.push(link);
    link.onIdleClosed = () => {
      this.forget(link);
      this.discard(link);
    };
  }

  private forget(link: Link): void {
    const links = this.round?.ready.get(link.key);
    const at = links?.indexOf(link) ?? -1;
    if (at >= 0) links?.splice(at, 1);
  }

  private giveBack(): void {
    const links = [...(this.round?.ready.values() ?? [])].flat();
    for (const link of links.slice(0, GIVEN_BACK)) {
      this.forget(link);
      this.discard(link);
    }
  }

  /** It outlives the end of its node's old term. */
  keeps(link: Link): boolean {
    return this.round?.nodeId === link.nodeId && this.round.ready.get(link.key)?.includes(link) === true;
  }

  /**
   * Terms of nodes end.
   * @param term of the node that is the primary now
   */
  herdChanged(ended: readonly number[], primary: number | null, term: number): void {
    const { round } = this;
    if (round === null || !ended.includes(round.nodeId)) return;
    if (primary !== round.nodeId || round.term !== null) {
      this.drop();
      return;
    }
    round.term = term;
    clearTimeout(round.timer);
    round.timer = this.dropIn(KEEP_MS);
  }

  /**
   * One for this key, which is still to be asked what its server is; null when there is none, or the term is not its own.
   * @param proved who takes it can show a password, if the server has asked for one
   */
  take(key: string, term: number, proved: boolean): Link | null {
    const { round } = this;
    if (round === null || round.term !== term) return null;
    const links = round.ready.get(key);
    if (!proved && links?.at(-1)?.authRequest !== 'ok') return null;
    for (let link = links?.pop(); link !== undefined; link = links?.pop()) {
      link.onIdleClosed = null;
      if (link.clean) return link;
      this.discard(link);
    }
    return null;
  }

  /** Closes what nobody took. */
  drop(): void {
    const { round } = this;
    if (round === null) return;
    this.round = null;
    clearTimeout(round.timer);
    for (const links of round.ready.values()) for (const link of links) this.discard(link);
  }

  private dropIn(ms: number): NodeJS.Timeout {
    const timer = setTimeout(() => this.drop(), ms);
    timer.unref();
    return timer;
  }
}
