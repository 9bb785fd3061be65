'use client';

import type { ParameterFacts } from '@pgherd/operations';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import type { FieldIds } from '../../../ui/field.tsx';
import { Input } from '../../../ui/input.tsx';
import { Select } from '../../../ui/select.tsx';
import { Textarea } from '../../../ui/textarea.tsx';
import { Toggle } from '../../../ui/toggle.tsx';
import { wrongOf } from '../values.ts';
import { SecretInput } from './secret-input.tsx';

interface ParameterInputProps {
  readonly facts: ParameterFacts;
  /** With its number. */
  readonly name: string;
  /** As written, or the default where nothing is. */
  readonly value: string;
  readonly changed: boolean;
  readonly disabled: boolean;
  readonly field?: FieldIds;
  readonly onChange: (value: string) => void;
  /** What may be written, while what stands in the field may not; null when it may. It is not saved. */
  readonly onWrong: (allowed: string | null) => void;
}

const TRUE = /^(?:on|t(?:r(?:ue?)?)?|y(?:es?)?|1)$/i;
/** Lists longer than this get more than one line. */
const LIST_CHARS = 28;

/** The control that fits the type. What is wrong stays in the field and reaches nobody else. */
export function ParameterInput(props: ParameterInputProps) {
  const { facts, name, value, changed, disabled, field, onChange, onWrong } = props;
  const t = useTranslations('config.form');
  const [typed, setTyped] = useState<string | null>(null);
  const label = field === undefined ? { label: name } : { field };
  const type = (next: string): void => {
    setTyped(next);
    const wrong = wrongOf(facts, next);
    onWrong(wrong === null ? null : wrong.allowed);
    if (wrong === null) onChange(next);
  };
  const leave = (): void => {
    if (typed !== null && wrongOf(facts, typed) === null) setTyped(null);
  };
  if (facts.secret) return <SecretInput name={name} value={value} disabled={disabled} onChange={onChange} {...label} />;
  if (facts.type === 'bool') {
    return (
      <Toggle
        label={name}
        {...(field === undefined ? {} : { id: field.id, describedBy: field.describedBy ?? '' })}
        on={TRUE.test(value.trim())}
        disabled={disabled}
        onChange={(on) => onChange(on ? 'on' : 'off')}
      />
    );
  }
  if (facts.type === 'enum') {
    const spelled = facts.synonyms[value] ?? value;
    const known = facts.values.includes(spelled) ? facts.values : [...facts.values, spelled];
    return (
      <Select
        {...label}
        mono
        value={spelled}
        changed={changed}
        disabled={disabled}
        options={known.map((one) => ({ value: one, label: one === '' ? t('empty') : one }))}
        onChange={onChange}
      />
    );
  }
  const shown = typed ?? value;
  if (facts.type === 'list' && shown.length > LIST_CHARS && !disabled) {
    return <Textarea {...label} mono value={shown} onChange={(next) => type(next.replaceAll('\n', ''))} rows={3} />;
  }
  const bare = /^[-+]?[0-9.]*$/.test(shown.trim());
  return (
    <Input
      {...label}
      mono
      value={shown}
      changed={changed}
      disabled={disabled}
      {...(facts.unit === null || !bare ? {} : { unit: facts.unit === 'B' ? t('bytes') : facts.unit })}
      {...(facts.type === 'int' || facts.type === 'double' ? { keyboard: 'text' as const } : {})}
      onChange={type}
      onBlur={leave}
    />
  );
}
