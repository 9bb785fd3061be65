/** Wanted and measured shares of nodes, and why one takes no reads now. Pure. */
import type { MetricsPoint, NodeView } from '../../../shared/live/topics.ts';
import { isOut } from '../../herd/node-acts.ts';

export interface Limits {
  /** delay_threshold_by_time, ms, and delay_threshold, bytes; 0: no limit. The time counts first, as in Pgpool-II. */
  readonly lagMs: number;
  readonly lagBytes: number;
}

export type ReadsNow = 'serving' | 'noWeight' | 'out' | 'lagMs' | 'lagBytes';

export interface Share {
  readonly node: NodeView;
  /** Of the weights, 0 to 1. */
  readonly wanted: number;
  /** Of the statements, 0 to 1; null: there were none. */
  readonly measured: number | null;
  readonly now: ReadsNow;
}

export function sharesOf(
  nodes: readonly NodeView[],
  points: readonly MetricsPoint[],
  fromMs: number,
  primary: number | null,
  limits: Limits,
): readonly Share[] {
  const weights = nodes.reduce((sum, { weight }) => sum + weight, 0);
  const sums = new Map<number, number>();
  for (const { at, statements } of points) {
    if (at < fromMs) continue;
    for (const [id, rate] of Object.entries(statements)) sums.set(Number(id), (sums.get(Number(id)) ?? 0) + rate);
  }
  const total = [...sums.values()].reduce((sum, value) => sum + value, 0);
  return nodes.map((node) => ({
    node,
    wanted: weights === 0 ? 0 : node.weight / weights,
    measured: total === 0 ? null : (sums.get(node.id) ?? 0) / total,
    now: readsNow(node, primary, limits),
  }));
}

export function readsNow(node: NodeView, primary: number | null, { lagMs, lagBytes }: Limits): ReadsNow {
  if (isOut(node) || node.status === 'unused') return 'out';
  if (node.weight === 0) return 'noWeight';
  if (node.id === primary) return 'serving';
  if (lagMs > 0 && node.lagMs !== null) return node.lagMs > lagMs ? 'lagMs' : 'serving';
  if (lagBytes > 0 && node.lagBytes !== null && node.lagBytes > lagBytes) return 'lagBytes';
  return 'serving';
}

const MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 };
const BYTES: Readonly<Record<string, number>> = { B: 1, kB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 };

/** A value as SHOW prints it: `10s`, `1MB`, `0`. Without a unit it is in ms or bytes. */
export function quantity(value: string | undefined, kind: 'ms' | 'bytes'): number {
  const found = /^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*$/.exec(value ?? '');
  const units = kind === 'ms' ? MS : BYTES;
  const unit = found?.[2] ?? '';
  return Number(found?.[1] ?? 0) * (unit === '' ? 1 : (units[unit] ?? 1));
}
