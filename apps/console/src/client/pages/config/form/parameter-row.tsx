'use client';

import { useTranslations } from 'next-intl';
import { memo, useState } from 'react';
import { ConfigRow } from '../../../ui/config-row.tsx';
import type { FieldMessage } from '../../../ui/field.tsx';
import { effectOf, sameValue, withUnit, wrongOf } from '../values.ts';
import type { Entry } from './entries.ts';
import { ParameterInput } from './parameter-input.tsx';

export interface RowRunning {
  readonly proxy: string;
  readonly value: string;
  /** What a restart brings; null: nothing waits. */
  readonly afterRestart: string | null;
}

interface ParameterRowProps {
  readonly entry: Entry;
  /** Null: not given, so the default counts. */
  readonly value: string | null;
  readonly before: string | null;
  readonly running: readonly RowRunning[];
  readonly disabled: boolean;
  readonly onEdit: (name: string, value: string | null) => void;
}

/** Drawn anew only when its own values change: the form has hundreds. */
export const ParameterRow = memo(function ParameterRow(props: ParameterRowProps) {
  const { entry, value, before, running, disabled, onEdit } = props;
  const { facts } = entry;
  const t = useTranslations('config.form');
  const [allowed, setAllowed] = useState<string | null>(null);
  const changed = value !== before;
  const shown = value ?? facts.default;
  const messages: FieldMessage[] = [];
  if (allowed !== null) messages.push({ kind: 'error', text: t('wrong', { allowed }) });
  // A value that came by the file view or an import is judged as well.
  const wrong = allowed === null && value !== null && !facts.secret ? wrongOf(facts, value) : null;
  if (wrong !== null) messages.push({ kind: 'error', text: t('invalid', { allowed: wrong.allowed }) });
  const isDefault = value === null || (!facts.secret && sameValue(facts, value, facts.default));
  const waiting = running.filter(({ afterRestart }) => afterRestart !== null);
  if (waiting.length > 0) {
    messages.push({ kind: 'warning', text: t('waits', { proxies: waiting.map(({ proxy }) => proxy).join(', ') }) });
  }
  return (
    <ConfigRow
      name={facts.name}
      about={<About entry={entry} />}
      running={running.map((one) => ({ proxy: one.proxy, value: one.value }))}
      effect={effectOf(facts.effect)}
      was={
        !changed
          ? null
          : before === null
            ? t('wasDefault', { value: withUnit(facts, facts.default) })
            : facts.secret
              ? t('secretKept')
              : withUnit(facts, before)
      }
      onTakeBack={() => {
        setAllowed(null);
        onEdit(facts.name, before);
      }}
      messages={messages}
    >
      {(field) => (
        <>
          <ParameterInput
            key={String(before)}
            facts={facts}
            name={facts.name}
            value={shown}
            changed={changed}
            disabled={disabled}
            field={field}
            onChange={(next) => {
              if (next !== shown || value !== null) onEdit(facts.name, next);
            }}
            onWrong={setAllowed}
          />
          {!isDefault && !facts.secret && !disabled && !(changed && before === null) && (
            <div className="field-was">
              {t('default', { value: withUnit(facts, facts.default) })}
              <button
                type="button"
                className="link"
                aria-label={t('useDefaultOf', { name: facts.name })}
                onClick={() => onEdit(facts.name, facts.default)}
              >
                {t('useDefault')}
              </button>
            </div>
          )}
        </>
      )}
    </ConfigRow>
  );
});

/** What it does, in the words of the server, and what one should know of it. */
export function About({ entry: { facts, oldNames } }: { readonly entry: Entry }) {
  const t = useTranslations('config.form');
  return (
    <>
      <span lang="en">{facts.doc}</span>
      {facts.noEffect !== null && (
        <span className="block">
          {t('noEffect')} <span lang="en">{facts.noEffect}</span>
        </span>
      )}
      <span className="quiet block">
        {[
          facts.origin === 'pgherd' ? t('ours') : t('since', { version: facts.since }),
          ...(oldNames.length === 0 ? [] : [t('oldNames', { names: oldNames.join(', ') })]),
          ...(facts.guarded ? [t('guarded')] : []),
        ].join(' · ')}
      </span>
    </>
  );
}
