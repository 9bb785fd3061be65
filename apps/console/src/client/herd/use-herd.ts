'use client';
/** A cluster as a page sees it: the picture, how old it is, and what may be done with it now. */
import { useTranslations } from 'next-intl';
import { type ClusterStatus, LOCK_AFTER_MS, STALE_AFTER_MS } from '../../shared/live/topics.ts';
import type { Permission } from '../../shared/permissions.ts';
import { useMay, useMe } from '../frame/me.tsx';
import { useTopic } from '../live/live.tsx';
import { useNow } from '../ui/use-now.ts';

export interface Herd {
  readonly slug: string;
  /** Path of the cluster's pages, without a slash at its end. */
  readonly base: string;
  readonly status: ClusterStatus | null;
  /** Milliseconds since 1970; null: no engine has said anything yet. */
  readonly sourceAt: number | null;
  readonly refused: { readonly message: string; readonly permission: string | null } | null;
  /** Values stand back. */
  readonly stale: boolean;
  /** Facts are too old to act on. */
  readonly locked: boolean;
}

export function useHerd(cluster: string): Herd {
  const { data, sourceAt, refused } = useTopic(cluster, 'status');
  const now = useNow();
  const age = now === null || sourceAt === null ? null : now - sourceAt;
  return {
    slug: cluster,
    base: `/c/${encodeURIComponent(cluster)}`,
    status: data,
    sourceAt,
    refused,
    stale: (age !== null && age > STALE_AFTER_MS) || data?.stale === true,
    locked: age === null || age > LOCK_AFTER_MS || data?.stale === true,
  };
}

/** Why an act is dead for this person now: the missing permission, a console that only reads, facts too old. */
export function useActLock(herd: Pick<Herd, 'slug' | 'locked'>): (permission: Permission) => string | undefined {
  const ui = useTranslations('ui');
  const t = useTranslations('herd');
  const may = useMay();
  const { readOnly } = useMe();
  return (permission) => {
    if (!may(permission, herd.slug)) return ui('button.missingPermission', { permission });
    if (readOnly) return t('readOnly');
    return herd.locked ? ui('dialog.stale') : undefined;
  };
}
