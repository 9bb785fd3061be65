/** Everything that was found out before anything is judged. The checks are pure functions of it. */
import type { BackendSettings, ConfigIssue, PasswordEntry, PcpConf, Settings } from '@pgherd/config';
import type { EngineStatus, Problem } from '@pgherd/operations';

/** A way in: whoever signs in, and what it is for. */
export interface Account {
  readonly user: string;
  /** The parameter that names the user, and the one for the password. */
  readonly parameter: string;
  readonly passwordParameter: string;
  readonly database: string;
  readonly password: string | null;
  /** The user's line in pool_passwd, if there is one. */
  readonly entry: PasswordEntry['kind'] | null;
  readonly fromParameter: boolean;
}

export type Reach =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: string; readonly kind: 'refused' | 'silent' | 'no-name' | 'other' };

export type SignInResult =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly reason: string /** SQLSTATE, where a server said no. */;
      readonly code: string | null;
    };

/** As the monitoring user sees a server. */
export interface ServerFacts {
  readonly isRecovering: boolean;
  /** 150004 */
  readonly version: number;
  readonly isMonitor: boolean;
  readonly systemIdentifier: string | null;
  readonly timeline: number | null;
  readonly recoveryTargetTimeline: string;
  /** As `SHOW` prints it: `0`, `1GB`. */
  readonly walKeepSize: string;
  readonly walSendersMax: number;
  readonly slotsMax: number;
  readonly primarySlotName: string;
  /** Null before PostgreSQL 17, where it cannot be forbidden. */
  readonly allowAlterSystem: boolean | null;
  /** pg_stat_wal_receiver.status; null: there is none, or it cannot be seen. */
  readonly receiver: string | null;
}

/** What failover_user may do on a server. */
export interface Rights {
  readonly promote: boolean;
  readonly reloadConf: boolean;
  readonly alterSystem: boolean;
  readonly replication: boolean;
  readonly readSettings: boolean;
}

export interface NodeFacts {
  readonly backend: BackendSettings;
  readonly reach: Reach;
  readonly signIns: readonly { readonly account: Account; readonly result: SignInResult }[];
  readonly server: ServerFacts | null;
  readonly rights: Rights | null;
}

export interface PortFacts {
  /** `port`, `pcp_port` … */
  readonly parameter: string;
  readonly host: string;
  readonly port: number;
  readonly state: 'answers' | 'free' | 'taken' | 'silent';
  readonly reason: string;
}

export interface PeerFacts {
  readonly id: number;
  readonly hostname: string;
  readonly port: number;
  readonly reach: Reach;
}

export interface PcpFacts {
  readonly file: string;
  readonly conf: PcpConf | null;
  readonly reason: string;
  readonly asked: { readonly user: string; readonly password: string } | null;
}

export type EngineFacts =
  | {
      readonly state: 'answers';
      readonly status: EngineStatus;
      readonly readGoesTo: ReadRoute | null;
      /** What it finds wrong by itself; absent where it is the one that asks. */
      readonly problems?: readonly Problem[];
    }
  /** Its process is there, but its control interface does not help. */
  | { readonly state: 'mute'; readonly pid: number; readonly reason: string }
  | { readonly state: 'off' };

/** Where `SELECT 1` of the monitoring user would go. */
export interface ReadRoute {
  readonly node: number | null;
  readonly rule: string;
  readonly value: string;
  /** Nodes that take part where a draw decides. */
  readonly among: readonly number[];
}

export interface Facts {
  readonly config: string;
  readonly settings: Settings;
  readonly issues: readonly ConfigIssue[];
  readonly nodes: readonly NodeFacts[];
  readonly accounts: readonly Account[];
  readonly passwordFile: string | null;
  readonly pcp: PcpFacts;
  readonly ports: readonly PortFacts[];
  readonly peers: readonly PeerFacts[];
  readonly engine: EngineFacts;
  /** Nodes that were the primary until another one took their place: to be recovered, never started as they are. */
  readonly replaced: readonly number[];
}

export const place = ({ backend }: Pick<NodeFacts, 'backend'>): string =>
  `node ${backend.id} (${backend.hostname}:${backend.port})`;

/** Who promotes when the primary is lost. */
export function promoter(settings: Settings): 'external' | 'command' | 'builtin' {
  if (settings.failover_by !== '') return settings.failover_by;
  return settings.failover_command === '' ? 'external' : 'command';
}
