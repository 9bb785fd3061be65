'use client';

import { useTranslations } from 'next-intl';
import { LinkButton } from '../../ui/link-button.tsx';
import { Panel } from '../../ui/panel.tsx';
import { RunningTimer } from '../../ui/running-timer.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import type { Entry } from './ops-model.ts';

interface Props {
  readonly entry: Entry;
  readonly base: string;
}

/** What runs now, on the list: the loudest thing there. */
export function RunningCard({ entry: { operation, reason }, base }: Props) {
  const t = useTranslations('ops');
  const { act, node, id, startedAt } = operation;
  return (
    <Panel label={t('running')}>
      <div className="echo echo-changing">
        <div className="verdict">
          <div className="min-w-0 flex-1">
            <StatusWord kind="changing" since={<RunningTimer startedAtMs={Date.parse(startedAt)} />} />
            <h2 className="text-base">{t(`now.${act}`, { node: node ?? '?' })}</h2>
            {reason !== '' && <p className="muted">{reason}</p>}
          </div>
          <div className="verdict-acts">
            <LinkButton href={`${base}/${encodeURIComponent(id)}`} kind="primary">
              {t(`name.${act}`, { node: node ?? '?' })}
            </LinkButton>
          </div>
        </div>
      </div>
    </Panel>
  );
}
