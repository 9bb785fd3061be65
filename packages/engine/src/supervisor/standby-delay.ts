/** How a standby's delay is shown and logged: in bytes, or in time where delay_threshold_by_time is set. */
import type { Settings } from '@pgherd/config';

export interface Delay {
  readonly id: number;
  readonly lagBytes: number | null;
  readonly lagMs: number | null;
}

type DelaySettings = Pick<Settings, 'delay_threshold' | 'delay_threshold_by_time' | 'log_standby_delay'>;

/** The line for the log after a streaming check, or null when log_standby_delay wants none. */
export function delayLine(settings: DelaySettings, node: Delay, primary: number): string | null {
  const { delay_threshold: bytesMax, delay_threshold_by_time: msMax, log_standby_delay: when } = settings;
  const byTime = msMax > 0;
  const lag = (byTime ? node.lagMs : node.lagBytes) ?? 0;
  const over = byTime ? lag > msMax : bytesMax > 0 && lag > bytesMax;
  if (!(when === 'always' ? lag > 0 : when === 'if_over_threshold' && over)) return null;
  const size = byTime ? `${(lag / 1000).toFixed(6)} second(s)` : `${lag} bytes`;
  return `Replication of node: ${node.id} is behind ${size} from the primary server (node: ${primary})`;
}

/** Column replication_delay of SHOW pool_nodes; what was not measured shows as no delay, as in Pgpool-II. */
export function shownDelay(settings: DelaySettings, node: Delay, primary: number | null): string {
  if (node.id === primary) return '0';
  if (settings.delay_threshold_by_time === 0) return String(node.lagBytes ?? 0);
  const ms = node.lagMs ?? 0;
  return `${(ms / 1000).toFixed(6)} ${ms >= 2000 ? 'seconds' : 'second'}`;
}
