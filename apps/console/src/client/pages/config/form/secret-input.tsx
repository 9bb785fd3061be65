'use client';

import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { api, failureOf } from '../../../live/api.ts';
import { Button } from '../../../ui/button.tsx';
import type { FieldIds } from '../../../ui/field.tsx';
import { Input } from '../../../ui/input.tsx';
import { useRoom } from '../room.tsx';

interface SecretInputProps {
  readonly name: string;
  /** Empty, or a reference. */
  readonly value: string;
  readonly disabled: boolean;
  readonly field?: FieldIds;
  readonly label?: string;
  readonly onChange: (reference: string) => void;
}

/** Written, never read: what is kept is told by its number only. */
export function SecretInput({ name, value, disabled, field, label, onChange }: SecretInputProps) {
  const t = useTranslations('config.secret');
  const { cluster } = useRoom();
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState('');
  const number = /#(\w+)$/.exec(value)?.[1] ?? null;
  const keep = async (): Promise<void> => {
    setBusy(true);
    setTrouble('');
    try {
      const { reference } = await api.config.secrets.set.mutate({ cluster, name, value: typed });
      setTyped('');
      onChange(reference);
    } catch (error) {
      setTrouble(failureOf(error).message);
    }
    setBusy(false);
  };
  return (
    <div>
      <Input
        {...(field === undefined ? { label: label ?? name } : { field })}
        type="password"
        mono
        value={typed}
        disabled={disabled}
        autoComplete="new-password"
        placeholder={value === '' ? t('none') : number === null ? t('kept') : t('keptNumber', { number })}
        onChange={setTyped}
      />
      {typed !== '' && (
        <div className="mt-1 flex gap-2">
          <Button small kind="primary" busy={busy} onClick={() => void keep()}>
            {t('keep')}
          </Button>
          <Button small onClick={() => setTyped('')}>
            {t('cancel')}
          </Button>
        </div>
      )}
      {typed === '' && value !== '' && !disabled && (
        <button type="button" className="link small" aria-label={t('clearOf', { name })} onClick={() => onChange('')}>
          {t('clear')}
        </button>
      )}
      {trouble !== '' && (
        <p className="small tone-down" role="alert">
          {trouble}
        </p>
      )}
    </div>
  );
}
