'use client';

import { usePathname } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useEffect, useRef } from 'react';
import type { ClusterStatus } from '../../shared/live/topics.ts';
import { useTopic } from '../live/live.tsx';
import { useAnnounce } from '../shell/live-regions.tsx';
import { clusterOf } from './feed-frame.tsx';
import { useMe } from './me.tsx';

/** Says changes of state to those who do not see them: politely, but for the loss of the primary. */
export function AnnounceChanges() {
  const me = useMe();
  const slug = clusterOf(usePathname());
  const known = me.clusters.some((cluster) => cluster.slug === slug);
  return slug === undefined || !known ? null : <OfCluster slug={slug} />;
}

function OfCluster({ slug }: { readonly slug: string }) {
  const { data } = useTopic(slug, 'status');
  const announce = useAnnounce();
  const t = useTranslations('frame.announce');
  const words = useTranslations('words.health');
  const before = useRef<ClusterStatus | null>(null);
  useEffect(() => {
    const was = before.current;
    before.current = data;
    if (data === null || was === null) return;
    for (const node of data.nodes) {
      const health = was.nodes.find(({ id }) => id === node.id)?.health;
      if (health === undefined || health === node.health) continue;
      announce(t('node', { node: String(node.id), health: words(node.health) }), { topic: `node-${node.id}` });
    }
    if (was.primary === data.primary) return;
    if (data.primary === null) announce(t('noPrimary'), { urgency: 'assertive', topic: 'primary' });
    else announce(t('primary', { node: String(data.primary) }), { topic: 'primary' });
  }, [data, announce, t, words]);
  return null;
}
