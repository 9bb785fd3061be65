'use client';

import { useLocale } from 'next-intl';
import type { ReactNode } from 'react';
import type { Crumb } from '../../client/shell/frame.ts';
import { EMPTY_FRAME, FrameProvider } from '../../client/shell/frame-context.tsx';
import type { PlaceId } from '../../client/shell/places.ts';
import { Shell } from '../../client/shell/shell.tsx';
import { Toasts } from '../../client/ui/toast.tsx';
import { useNow } from '../../client/ui/use-now.ts';

interface SceneFrameProps {
  readonly here: PlaceId;
  readonly crumbs?: readonly Crumb[];
  readonly children: ReactNode;
}

/** The frame as the mocks show it. */
export function SceneFrame({ here, crumbs, children }: SceneFrameProps) {
  const ja = useLocale() === 'ja';
  const now = useNow();
  const orders = {
    id: 'orders',
    name: 'orders',
    environment: 'production',
    href: '/gallery/overview',
    health: 'degraded',
  } as const;
  return (
    <FrameProvider
      value={{
        ...EMPTY_FRAME,
        cluster: orders,
        clusters: [
          orders,
          { id: 'billing', name: 'billing', environment: 'staging', href: '/gallery/topology', health: 'ok' },
        ],
        user: ja
          ? { name: '佐藤 真', role: 'オペレーター', accountHref: '/gallery' }
          : { name: 'M. Sato', role: 'operator', accountHref: '/gallery' },
        connection: { state: 'live', factsAtMs: now === null ? null : now - 1000 },
        problems: 3,
        draftChanges: 4,
        draftHref: '/gallery/config',
        findEntries: () => [
          { id: 'n0', group: 'nodes', label: 'node 0', hint: 'pg-a:5432', href: '/gallery/topology' },
          { id: 'n2', group: 'nodes', label: 'node 2', hint: 'pg-c:5432', href: '/gallery/topology' },
          { id: 'p1', group: 'parameters', label: 'max_pool', hint: '4', href: '/gallery/config' },
        ],
      }}
    >
      <Toasts>
        <Shell here={here} {...(crumbs === undefined ? {} : { crumbs })}>
          {children}
        </Shell>
      </Toasts>
    </FrameProvider>
  );
}
