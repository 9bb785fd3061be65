'use client';

import type { Wish } from '@pgherd/operations';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { useCallback, useState } from 'react';
import { objectOf } from '../../shared/acts.ts';
import { api, failureOf } from '../live/api.ts';
import { curlOf } from '../ui/copy-curl.tsx';
import { useToast } from '../ui/toast.tsx';

export interface Begin {
  readonly busy: boolean;
  /** What the server refused, in its words. */
  readonly error: string | null;
  /** @returns whether it was begun */
  readonly begin: (wish: Wish, reason: string, act: string) => Promise<boolean>;
  readonly curl: (wish: Wish, reason: string) => string;
}

/** Begins acts on nodes, and tells where they can be followed. */
export function useBegin(cluster: string, base: string): Begin {
  const t = useTranslations('herd.act');
  const toast = useToast();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const begin = useCallback(
    async (wish: Wish, reason: string, act: string): Promise<boolean> => {
      setBusy(true);
      setError(null);
      try {
        const operation = await api.act.begin.mutate({ cluster, wish, reason, confirm: objectOf(wish, cluster) });
        toast({
          ...{ kind: 'changing', text: t('begun', { act }) },
          act: (
            <Link className="link" href={`${base}/ops/${encodeURIComponent(operation.id)}`}>
              {t('follow')}
            </Link>
          ),
        });
        return true;
      } catch (failure) {
        const { message } = failureOf(failure);
        setError(message);
        // Acts of tier 1 have no dialog that could say it.
        if (wish.act === 'attach') toast({ kind: 'down', text: message });
        return false;
      } finally {
        setBusy(false);
      }
    },
    [cluster, base, t, toast],
  );
  const curl = useCallback(
    (wish: Wish, reason: string) =>
      curlOf({
        ...{ method: 'POST', path: `/clusters/${encodeURIComponent(cluster)}/acts` },
        body: { wish, reason, confirm: objectOf(wish, cluster) },
      }),
    [cluster],
  );
  return { busy, error, begin, curl };
}
