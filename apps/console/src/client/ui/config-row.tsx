'use client';

import { useTranslations } from 'next-intl';
import { type CSSProperties, type ReactNode, useId } from 'react';
import { ContextChip, type Effect } from './context-chip.tsx';
import { type FieldIds, type FieldMessage, FieldMessages } from './field.tsx';

interface ConfigHeadProps {
  readonly proxies: readonly string[];
}

/** The head over rows of parameters. */
export function ConfigHead({ proxies }: ConfigHeadProps) {
  const t = useTranslations('ui.field');
  return (
    <div className="config-head" style={{ '--proxies': proxies.length } as CSSProperties} aria-hidden="true">
      <span>{t('parameter')}</span>
      {proxies.map((proxy) => (
        <span key={proxy} className="text-right">
          {t('running', { proxy })}
        </span>
      ))}
      <span>{t('wanted')}</span>
      <span>{t('takesEffectBy')}</span>
    </div>
  );
}

interface ConfigRowProps {
  readonly name: string;
  readonly about: ReactNode;
  readonly running: readonly { readonly proxy: string; readonly value: string }[];
  readonly effect: Effect;
  /** The value before the draft, with its unit; null: not changed. */
  readonly was: string | null;
  readonly onTakeBack: () => void;
  readonly messages?: readonly FieldMessage[];
  readonly children: (field: FieldIds) => ReactNode;
}

/** One parameter: what it is, what runs, what is wanted, when it takes effect. Running values stay in sight while editing. */
export function ConfigRow(props: ConfigRowProps) {
  const { name, about, running, effect, was, onTakeBack, messages = [], children } = props;
  const t = useTranslations('ui');
  const id = useId();
  const ids: FieldIds = {
    id,
    describedBy: `${id}-about ${id}-messages`,
    invalid: messages.some(({ kind }) => kind === 'error'),
  };
  return (
    <div
      className="config-row"
      id={`parameter-${name}`}
      data-changed={was !== null || undefined}
      style={{ '--proxies': running.length } as CSSProperties}
    >
      <div className="min-w-0">
        <label className="config-name" htmlFor={id}>
          {name}
        </label>
        <div className="config-about" id={`${id}-about`}>
          {about}
        </div>
      </div>
      {running.map(({ proxy, value }) => (
        <div key={proxy} className="config-running" data-label={t('field.running', { proxy })}>
          {value}
        </div>
      ))}
      <div className="min-w-0">
        {children(ids)}
        {was !== null && (
          <div className="field-was">
            {t('field.was', { value: was === '' ? t('field.empty') : was })}
            <button type="button" className="link" onClick={onTakeBack} aria-label={`${t('button.takeBack')}: ${name}`}>
              {t('button.takeBack')}
            </button>
          </div>
        )}
        <FieldMessages id={`${id}-messages`} messages={messages} />
      </div>
      <div className="config-effect">
        <ContextChip effect={effect} hot={was !== null} />
      </div>
    </div>
  );
}
