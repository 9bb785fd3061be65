/** What needs the database host itself. Implemented by the agent's client, and by the lab for servers on this machine. */
export interface HostAgent {
  control(): Promise<ControlData>;
  /** Ends the server; nothing when it does not run. */
  stop(mode: 'fast' | 'immediate', limitMs: number): Promise<void>;
  /** Starts it and waits until it answers; nothing when it runs. */
  start(limitMs: number): Promise<void>;
  /**
   * Makes the stopped server a standby of another at its next start: standby.signal, primary_conninfo, slot name.
   * @returns the slot that it streams through, which has to exist at the primary; null = none
   */
  becomeStandby(primary: HostAddress): Promise<string | null>;
  /** pg_rewind of the stopped server, so that it can follow `source`. @throws Error when there is no pg_rewind, or it fails */
  rewind(source: HostAddress, job: AgentJob): Promise<void>;
  /** Replaces the stopped server's data directory by a base backup of `source`. The old one is kept until that is complete. */
  copy(source: HostAddress, job: AgentJob): Promise<void>;
}

export interface HostAddress {
  readonly host: string;
  readonly port: number;
}

/** What pg_controldata tells. */
export interface ControlData {
  readonly running: boolean;
  /** `shut down`, `in production`, … ; empty when there is no data directory. */
  readonly state: string;
  readonly systemIdentifier: string | null;
  readonly timeline: number | null;
  /** The latest checkpoint: of a server that was shut down, the end of what it wrote. */
  readonly checkpoint: bigint | null;
}

export interface AgentJob {
  progress(doneBytes: number, totalBytes: number | null): void;
  line(text: string): void;
  readonly signal: AbortSignal;
}
