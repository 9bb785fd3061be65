/** The one room behind all doors: what an operator may ask and do. Implemented by the engine, called by every door. */
import type { EngineStatus, ReloadReport, StopMode } from './status.ts';

export interface Operations {
  status(): EngineStatus;
  reload(): Promise<ReloadReport>;
  stop(mode: StopMode): Promise<void>;
  /** Calls `listener` with a fresh status about once a second; @returns how to end that */
  watch(listener: (status: EngineStatus) => void): () => void;
}
