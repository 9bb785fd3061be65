/** The one room behind all doors: what an operator may ask and do. Implemented by the engine, called by every door. */
import type { RouteExplanation, RouteQuestion } from './route.ts';
import type { EngineStatus, ReloadReport, StopMode } from './status.ts';

export interface Operations {
  status(): EngineStatus;
  reload(): Promise<ReloadReport>;
  stop(mode: StopMode): Promise<void>;
  /** Where a statement of such a client would go, and why. Nothing is executed. @throws Error when nobody can tell */
  explainRoute(question: RouteQuestion): Promise<RouteExplanation>;
  /** Calls `listener` with a fresh status about once a second; @returns how to end that */
  watch(listener: (status: EngineStatus) => void): () => void;
}
