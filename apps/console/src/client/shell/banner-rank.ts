import type { Banner } from './frame.ts';

/** The first that holds is shown; the others wait until its cause is gone. */
export const BANNER_RANK = [
  'lost',
  'noQuorum',
  'noPrimary',
  'operation',
  'applyRejected',
  'drift',
  'maintenance',
] as const;

export function firstBanner(banners: readonly Banner[]): Banner | null {
  for (const kind of BANNER_RANK) {
    const found = banners.find((banner) => banner.kind === kind);
    if (found !== undefined) return found;
  }
  return null;
}
