/**
 * The one room behind all doors: what an operator may ask, do and watch. Implemented by the engine's supervisor, called by
 * PCP, the control API, the command line and the console. Everything may be answered later, so that a door can live in
 * another thread (`bridge.ts`).
 */
import type { Author } from './author.ts';
import type { HerdEvent } from './event.ts';
import type { Operation, Rehearsal } from './operation.ts';
import type { Plan } from './plan.ts';
import type { RouteExplanation, RouteQuestion } from './route.ts';
import type { SessionFacts, Shown } from './session.ts';
import type { EngineStatus, ReloadReport, StopMode } from './status.ts';
import type { Wish } from './wish.ts';

type Soon<T> = T | Promise<T>;

export interface Operations {
  // ask
  status(): Soon<EngineStatus>;
  /** The rows of SHOW `name` (pool_nodes, pool_pools …). @throws RefusedError for a name that is not one */
  show(name: string): Soon<Shown>;
  /** Clients, with addresses and statements. */
  sessions(): Soon<readonly SessionFacts[]>;
  /** Where a statement of such a client would go, and why. Nothing is executed. @throws Error when nobody can tell */
  explainRoute(question: RouteQuestion): Soon<RouteExplanation>;
  /** For each node: what happens if it dies now. */
  plan(): Soon<readonly Plan[]>;
  /** The journal from `since` on (exclusive), newest last, at most 1,000. */
  events(since: number): Soon<readonly HerdEvent[]>;
  /** Under way and ended, newest last, at most 100. */
  operations(): Soon<readonly Operation[]>;

  // act
  /** What the wish would do. @throws RefusedError */
  rehearse(wish: Wish): Soon<Rehearsal>;
  /** Begins an act; it goes on when nobody waits for it. @throws RefusedError when it is not begun */
  begin(wish: Wish, by: Author): Soon<Operation>;
  /** The act when it has ended. @throws RefusedError for an unknown id */
  ended(id: string): Promise<Operation>;
  reload(by?: Author): Promise<ReloadReport>;
  stop(mode: StopMode, by?: Author): Promise<void>;
  /** Opens the log file anew (logging_collector). */
  rotateLog(by?: Author): Soon<void>;
  /** Empties the query cache. @throws RefusedError NOT_ENABLED */
  invalidateCache(by?: Author): Soon<void>;

  // watch; each returns how to end it
  /** A fresh status about once a second, and at once after a change of the herd. */
  watch(listener: (status: EngineStatus) => void): () => void;
  watchEvents(listener: (event: HerdEvent) => void): () => void;
  /** An act each time it changes. */
  watchOperations(listener: (operation: Operation) => void): () => void;
}
