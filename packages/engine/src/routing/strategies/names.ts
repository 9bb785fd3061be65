/** load_balance_strategy */
export const STRATEGY_NAMES = ['weighted_random', 'smooth_round_robin', 'least_outstanding', 'lowest_latency'] as const;

export type StrategyName = (typeof STRATEGY_NAMES)[number];

/** The strategy of that name; the default one for none or an unknown one. */
export function strategyName(text: string | undefined): StrategyName {
  return STRATEGY_NAMES.find((name) => name === text) ?? 'weighted_random';
}
