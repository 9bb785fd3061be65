'use client';

import { useTranslations } from 'next-intl';
import { eventKind } from '../../herd/words.ts';
import { useTopic } from '../../live/live.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { EventTable } from '../../ui/event-table.tsx';
import { LinkButton } from '../../ui/link-button.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';

interface NodeEventsProps {
  readonly node: number;
  readonly cluster: string;
  readonly base: string;
}

export function NodeEvents({ node, cluster, base }: NodeEventsProps) {
  const t = useTranslations('nodes');
  const { data } = useTopic(cluster, 'events');
  const mine = (data ?? []).filter((event) => event.node === node).toReversed();
  return (
    <Panel
      title={t('tabs.events')}
      count={data === null ? undefined : mine.length}
      end={
        <LinkButton small href={`${base}/events?node=${node}`}>
          {t('events.all')}
        </LinkButton>
      }
    >
      {data === null ? (
        <Skeleton what={t('tabs.events')} />
      ) : (
        <EventTable
          events={mine.map((event) => ({
            ...{ id: event.key, atMs: Date.parse(event.at), kind: eventKind(event), text: event.message },
            who: event.by.user === '' ? event.proxy : event.by.user,
          }))}
          empty={<EmptyState title={t('events.none')} />}
        />
      )}
    </Panel>
  );
}
