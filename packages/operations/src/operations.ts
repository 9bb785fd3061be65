/**
 * The one room behind all doors: what an operator may ask, do and watch. Implemented by the engine's supervisor, called by
 * PCP, the control API, the command line and the console. Everything may be answered later, so that a door can live in
 * another thread (`bridge.ts`).
 */
import type { Author } from './author.ts';
import type {
  ApplyReport,
  ConfigurationCheck,
  ConfigurationDraft,
  ConfigurationFilesFacts,
  ConfigurationState,
  ConfigurationVersion,
  ParameterTableFacts,
  RunningConfiguration,
} from './configuration.ts';
import type { HerdEvent } from './event.ts';
import type { LogLine, LogPart, LogQuestion } from './log.ts';
import type { Operation, Rehearsal } from './operation.ts';
import type { Plan } from './plan.ts';
import type { Problems } from './problem.ts';
import type {
  RouteComparison,
  RouteComparisonQuestion,
  RouteExplanation,
  RouteProbe,
  RouteProbeQuestion,
  RouteQuestion,
} from './route.ts';
import type { ActivityQuestion, NodeActivity, SessionFacts, SessionResult, SessionTargets, Shown } from './session.ts';
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
  /** Each statement by the configuration that runs and by another one. Nothing is executed. */
  compareRoutes(question: RouteComparisonQuestion): Soon<readonly RouteComparison[]>;
  /** What server processes do, by pg_stat_activity, asked as sr_check_user. A node that does not tell says why. */
  sessionActivity(question: ActivityQuestion): Soon<readonly NodeActivity[]>;
  /** The newest log lines. */
  logs(question: LogQuestion): Soon<LogPart>;
  /** What is wrong, and what would help. */
  problems(): Soon<Problems>;
  configurationTable(): Soon<ParameterTableFacts>;
  /** The files as they are on disk, secrets replaced. */
  configurationFiles(): Soon<ConfigurationFilesFacts>;
  configurationRunning(): Soon<RunningConfiguration>;
  configurationState(): Soon<ConfigurationState>;
  /** What a draft would change and what is wrong with it. Changes nothing. */
  checkConfiguration(draft: ConfigurationDraft): Soon<ConfigurationCheck>;
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
  /** Calls a recovery off; it ends soon, as failed, and the herd is as it was. @throws RefusedError NOTHING_TO_DO, NOT_POSSIBLE */
  cancel(id: string, by: Author): Soon<Operation>;
  /** The act when it has ended. @throws RefusedError for an unknown id */
  ended(id: string): Promise<Operation>;
  /**
   * All of a version, or nothing: stored, taken by all workers, written to the files, read back. What the workers refuse
   * comes back as `rejected`. @throws RefusedError CONFLICT, EXTERNALLY_MANAGED, NOT_ALLOWED: nothing was tried
   */
  applyConfiguration(version: ConfigurationVersion, by: Author): Promise<ApplyReport>;
  /** Cancels what the sessions run, as their clients could. */
  cancelStatements(targets: SessionTargets, by: Author): Promise<readonly SessionResult[]>;
  /** Ends clients' sessions with 57P01. Server processes are not terminated. */
  endSessions(targets: SessionTargets, by: Author): Promise<readonly SessionResult[]>;
  /** Runs one SELECT through the proxy and tells who answered. @throws RefusedError NOT_POSSIBLE */
  probeRoute(question: RouteProbeQuestion, by: Author): Promise<RouteProbe>;
  reload(by?: Author): Promise<ReloadReport>;
  stop(mode: StopMode, by?: Author): Promise<void>;
  /** Opens the log file anew. @throws RefusedError NOT_ENABLED without logging_collector */
  rotateLog(by?: Author): Soon<void>;
  /** Empties the query cache. @throws RefusedError NOT_ENABLED */
  invalidateCache(by?: Author): Soon<void>;

  // watch; each returns how to end it
  /** A fresh status about once a second, and at once after a change of the herd. */
  watch(listener: (status: EngineStatus) => void): () => void;
  watchEvents(listener: (event: HerdEvent) => void): () => void;
  /** An act each time it changes. */
  watchOperations(listener: (operation: Operation) => void): () => void;
  /** Each new log line. */
  watchLogs(listener: (line: LogLine) => void): () => void;
  /** When the files, what runs or the version that was applied last changes. */
  watchConfiguration(listener: (state: ConfigurationState) => void): () => void;
  /** When a problem comes, goes or reads differently. */
  watchProblems(listener: (problems: Problems) => void): () => void;
}
