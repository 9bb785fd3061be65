'use client';

import { useTranslations } from 'next-intl';
import type { ReactNode } from 'react';
import type { Effect } from './context-chip.tsx';
import { Icon } from './icon.tsx';

interface DraftBarProps {
  readonly changes: number;
  readonly title?: ReactNode;
  /** The worst of what the changes cost, and the parameter that causes it. */
  readonly heaviest: { readonly effect: Effect; readonly parameter: string } | null;
  readonly facts: readonly { readonly title: string; readonly note: string }[];
  readonly acts: ReactNode;
}

const ICON = { sessions: 'new-sessions', reload: 'reload', restart: 'restart' } as const;

/** The only inverse surface: while a draft differs, it stands at the foot of the configuration's pages. */
export function DraftBar({ changes, title, heaviest, facts, acts }: DraftBarProps) {
  const t = useTranslations();
  return (
    <section className="draft-bar" aria-label={t('ui.draft.title', { count: changes })}>
      <div>
        <strong>{t('ui.draft.title', { count: changes })}</strong>
        {title !== undefined && <div className="draft-bar-fact">{title}</div>}
      </div>
      {heaviest !== null && (
        <div className="draft-bar-fact">
          <b>
            <Icon name={ICON[heaviest.effect]} />
            {t(`words.effect.${heaviest.effect}`)}
          </b>
          {t('ui.draft.heaviest', { parameter: heaviest.parameter })}
        </div>
      )}
      {facts.map((fact) => (
        <div key={fact.title} className="draft-bar-fact">
          <b>{fact.title}</b>
          {fact.note}
        </div>
      ))}
      <span className="flex-1" />
      <div className="flex flex-wrap gap-2">{acts}</div>
    </section>
  );
}
