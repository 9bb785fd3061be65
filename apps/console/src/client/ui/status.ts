/** The two axes of status. They never share a colour: health has hues, configuration is ink. */
export const HEALTHS = ['ok', 'degraded', 'down', 'changing', 'out', 'unknown'] as const;
export type Health = (typeof HEALTHS)[number];

export const CONFIGURATIONS = ['instep', 'pending', 'drifted', 'failed'] as const;
export type Configuration = (typeof CONFIGURATIONS)[number];

export type StatusKind = Health | Configuration;

export const isHealth = (kind: StatusKind): kind is Health => HEALTHS.some((health) => health === kind);

/** The class that colours a status. In step is the quietest thing there is. */
export const toneOf = (kind: StatusKind): string =>
  isHealth(kind) ? `tone-${kind}` : kind === 'instep' ? 'tone-quiet' : 'tone-ink';

/** How loud: a list of problems begins with the greatest. */
export const SEVERITY: Readonly<Record<StatusKind, number>> = {
  down: 6,
  degraded: 5,
  failed: 4,
  changing: 3,
  drifted: 2,
  pending: 2,
  unknown: 1,
  out: 1,
  instep: 0,
  ok: 0,
};
