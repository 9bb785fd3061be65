'use client';
/** Fills the frame from what is live: the cluster of the address, its problems, banners, connection. */
import { usePathname, useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { type ReactNode, useMemo } from 'react';
import type { ClusterStatus } from '../../shared/live/topics.ts';
import { api } from '../live/api.ts';
import { useTopic, useTopicStore, useTransport } from '../live/live.tsx';
import type { Banner, Connection, Frame, PaletteEntry } from '../shell/frame.ts';
import { FrameProvider } from '../shell/frame-context.tsx';
import type { PlaceId } from '../shell/places.ts';
import type { Environment } from '../ui/env-badge.tsx';
import { useMay, useMe } from './me.tsx';

export function FeedFrame({ children }: { readonly children: ReactNode }) {
  const me = useMe();
  const slug = clusterOf(usePathname()) ?? null;
  const known = me.clusters.find((cluster) => cluster.slug === slug) ?? null;
  return known === null ? <Outside>{children}</Outside> : <Inside slug={known.slug}>{children}</Inside>;
}

/** The cluster in an address, decoded. */
export const clusterOf = (pathname: string): string | undefined => {
  const part = /^\/c\/([^/]+)/.exec(pathname)?.[1];
  return part === undefined ? undefined : decodeURIComponent(part);
};

function Inside({ slug, children }: { readonly slug: string; readonly children: ReactNode }) {
  const { data, sourceAt } = useTopic(slug, 'status');
  const store = useTopicStore(slug, 'status');
  const frame = useFrameOf(slug, data, sourceAt, () => store.pause(!store.paused), store.paused);
  return <FrameProvider value={frame}>{children}</FrameProvider>;
}

function Outside({ children }: { readonly children: ReactNode }) {
  const frame = useFrameOf(null, null, null, () => {}, false);
  return <FrameProvider value={frame}>{children}</FrameProvider>;
}

function useFrameOf(
  slug: string | null,
  status: ClusterStatus | null,
  factsAtMs: number | null,
  onPause: () => void,
  paused: boolean,
): Frame {
  const me = useMe();
  const may = useMay();
  const router = useRouter();
  const transport = useTransport();
  const t = useTranslations('frame');
  return useMemo(() => {
    const clusters = me.clusters.map(({ slug: id, name, environment }) => ({
      ...{ id, name, environment: environment as Environment, href: `/c/${encodeURIComponent(id)}` },
      health: id === slug && status !== null ? status.health : ('unknown' as const),
    }));
    const base = slug === null ? '' : `/c/${encodeURIComponent(slug)}`;
    const role =
      me.user?.admin === true ? 'admin' : (me.clusters.find((one) => one.slug === slug)?.roles[0] ?? 'viewer');
    const draft = status?.configuration.draft ?? null;
    const connection: Connection = {
      state: paused
        ? 'paused'
        : slug === null
          ? 'live'
          : transport.open
            ? ({ ws: 'live', sse: 'stream', poll: 'polling' } as const)[transport.mode]
            : transport.lostAt === null
              ? 'connecting'
              : 'lost',
      factsAtMs: factsAtMs ?? (slug === null ? Date.now() : null),
      ...(transport.retryAt === null ? {} : { retryAtMs: transport.retryAt }),
    };
    const hiddenPlaces: PlaceId[] = [];
    if (!may('audit.read', slug)) hiddenPlaces.push('audit');
    if (!may('view.logs', slug)) hiddenPlaces.push('logs');
    if (!may('view.sql', slug)) hiddenPlaces.push('routing');
    return {
      cluster: clusters.find(({ id }) => id === slug) ?? null,
      clusters,
      user:
        me.user === null
          ? null
          : { name: me.user.name, role: t(`roles.${role as 'viewer'}`), accountHref: '/settings/account' },
      connection,
      problems: status?.problems.filter(({ acknowledged }) => acknowledged === null).length ?? 0,
      draftChanges: draft?.changes ?? 0,
      draftHref: draft === null ? null : `${base}/config/drafts/${draft.id}`,
      banners:
        status === null
          ? []
          : bannersOf(status, base, connection.state === 'lost', (act, node) =>
              t(`acts.${act as 'switchover'}`, { node }),
            ),
      hiddenPlaces,
      findEntries: (query) => (slug === null || status === null ? [] : entriesOf(status, base, query, t)),
      onPause,
      onRetry: () => window.location.reload(),
      onSignOut: () => {
        void api.auth.signOut.mutate().finally(() => {
          router.push('/login');
          router.refresh();
        });
      },
    };
  }, [me, may, slug, status, factsAtMs, transport, paused, onPause, router, t]);
}

function bannersOf(
  status: ClusterStatus,
  base: string,
  lost: boolean,
  nameOf: (act: string, node: string) => string,
): Banner[] {
  const banners: Banner[] = [];
  if (lost) banners.push({ kind: 'lost' });
  if (!status.stale && status.primary === null) banners.push({ kind: 'noPrimary', href: `${base}/nodes` });
  const [running] = status.running;
  if (running !== undefined) {
    const href = `${base}/ops/${encodeURIComponent(running.id)}`;
    banners.push({
      kind: 'operation',
      name: nameOf(running.act, running.node === null ? '' : String(running.node)),
      href,
    });
  }
  for (const { code, cause, proxy } of status.problems) {
    if (code === 'apply-failed')
      banners.push({ kind: 'applyRejected', detail: `${proxy}: ${cause}`, href: `${base}/config/history` });
    if (code === 'drift' && proxy !== null)
      banners.push({ kind: 'drift', detail: proxy, href: `${base}/config/drift` });
  }
  return banners;
}

function entriesOf(
  status: ClusterStatus,
  base: string,
  query: string,
  t: ReturnType<typeof useTranslations<'frame'>>,
): readonly PaletteEntry[] {
  const nodes = status.nodes.map(({ id, hostname, port }) => ({
    ...{
      id: `node-${id}`,
      group: 'nodes' as const,
      label: t('palette.node', { node: id }),
      hint: `${hostname}:${port}`,
    },
    href: `${base}/nodes/${id}`,
  }));
  const proxies = status.proxies.map(({ id, name, place }) => ({
    ...{ id: `proxy-${id}`, group: 'proxies' as const, label: name, hint: place, href: `${base}/topology` },
  }));
  const acts = (['switchover', 'failover', 'recover'] as const).map((act) => ({
    ...{ id: act, group: 'acts' as const, label: t(`palette.${act}`), href: `${base}/ops/new/${act}` },
  }));
  const parameter = /^[a-z0-9_]{3,}$/.test(query)
    ? [
        {
          id: `param-${query}`,
          group: 'parameters' as const,
          label: t('palette.parameter', { name: query }),
          href: `${base}/config?q=${query}`,
          also: query,
        },
      ]
    : [];
  return [...nodes, ...proxies, ...acts, ...parameter];
}
