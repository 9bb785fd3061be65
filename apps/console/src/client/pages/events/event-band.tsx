'use client';

import { useTranslations } from 'next-intl';
import { useMemo } from 'react';
import type { EventView } from '../../../shared/live/topics.ts';
import { eventKind } from '../../herd/words.ts';
import { Panel } from '../../ui/panel.tsx';
import { toneOf } from '../../ui/status.ts';
import { useFormat } from '../../ui/use-format.ts';
import { bandOf } from './event-lanes.ts';

interface EventBandProps {
  readonly events: readonly EventView[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly chosen: string;
  readonly onOpen: (key: string) => void;
}

/** A lane for each kind, a mark for each event. A picture for the pointer; the table below is its twin. */
export function EventBand({ events, fromMs, toMs, chosen, onOpen }: EventBandProps) {
  const t = useTranslations('events');
  const format = useFormat();
  const band = useMemo(() => bandOf(events, fromMs, toMs), [events, fromMs, toMs]);
  const text = t('bandText', { count: events.length, from: format.fullInstant(fromMs), to: format.fullInstant(toMs) });
  return (
    <Panel label={t('band')}>
      <p className="sr-only">{text}</p>
      <div className="event-band" aria-hidden="true">
        {band.map(({ lane, marks }) => (
          <div key={lane} className="event-lane">
            <span className="event-lane-name">{t(`lanes.${lane}`)}</span>
            <div className="event-lane-line">
              {marks.map(({ event, at }) => {
                const kind = eventKind(event);
                return (
                  // biome-ignore lint/a11y/noStaticElementInteractions: a short cut for the pointer; rows of the table do the same
                  // biome-ignore lint/a11y/useKeyWithClickEvents: see above
                  <span
                    key={event.key}
                    className={`event-mark ${kind === null ? '' : toneOf(kind)}`}
                    data-chosen={event.key === chosen || undefined}
                    style={{ left: `${at}%` }}
                    title={`${format.fullInstant(Date.parse(event.at))} ${event.message}`}
                    onClick={() => onOpen(event.key)}
                  />
                );
              })}
            </div>
          </div>
        ))}
        <div className="event-lane">
          <span className="event-lane-name" />
          <div className="event-band-ends">
            <span>{format.instant(fromMs, toMs)}</span>
            <span>{t('now')}</span>
          </div>
        </div>
      </div>
    </Panel>
  );
}
