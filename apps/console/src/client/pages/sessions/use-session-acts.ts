'use client';

import type { SessionResult } from '@pgherd/operations';
import { useTranslations } from 'next-intl';
import { useCallback, useState } from 'react';
import type { SessionView } from '../../../shared/live/topics.ts';
import { api, failureOf } from '../../live/api.ts';
import { curlOf } from '../../ui/copy-curl.tsx';
import { useToast } from '../../ui/toast.tsx';
import { callsFor } from './session-list.ts';

export type SessionAct = 'cancel' | 'end';
const OUTCOMES = ['done', 'idle', 'gone', 'another', 'noAnswer'] as const;

/** Cancels and ends, proxy by proxy, and tells what came of each. */
export function useSessionActs(cluster: string) {
  const t = useTranslations('sessions.outcome');
  const toast = useToast();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const act = useCallback(
    async (what: SessionAct, chosen: readonly SessionView[], reason: string): Promise<boolean> => {
      setBusy(true);
      setError(null);
      try {
        const results: SessionResult[] = [];
        for (const { proxy, sessions } of callsFor(chosen)) {
          const input = { cluster, proxy, sessions: [...sessions], reason };
          results.push(...(await (what === 'cancel' ? api.act.cancelStatements : api.act.endSessions).mutate(input)));
        }
        const counts = OUTCOMES.map((outcome) => ({
          ...{ outcome, count: results.filter((result) => result.outcome === outcome).length },
        })).filter(({ count }) => count > 0);
        toast({
          kind: counts.every(({ outcome }) => outcome === 'done') ? 'ok' : 'degraded',
          text: counts.map(({ outcome, count }) => t(outcome, { count })).join(', '),
        });
        return true;
      } catch (failure) {
        const { message } = failureOf(failure);
        setError(message);
        if (what === 'cancel') toast({ kind: 'down', text: message });
        return false;
      } finally {
        setBusy(false);
      }
    },
    [cluster, t, toast],
  );
  /** One call for each proxy. */
  const curl = (what: SessionAct, chosen: readonly SessionView[], reason: string): string =>
    callsFor(chosen)
      .map(({ proxy, sessions }) =>
        curlOf({
          method: 'POST',
          path: `/clusters/${encodeURIComponent(cluster)}/proxies/${encodeURIComponent(proxy)}/sessions/${what}`,
          body: { sessions, reason },
        }),
      )
      .join('\n');
  return { busy, error, act, curl };
}
