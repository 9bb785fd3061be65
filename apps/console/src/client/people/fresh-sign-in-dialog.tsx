'use client';

import { useTranslations } from 'next-intl';
import { type FormEvent, useId, useState } from 'react';
import { api, failureOf } from '../live/api.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { FormFoot } from '../ui/form-foot.tsx';
import { Input } from '../ui/input.tsx';

interface Props {
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** The password once more, and the code where there is a second factor. */
export function FreshSignInDialog({ onDone, onClose }: Props) {
  const t = useTranslations('door');
  const form = useId();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState<string | null>(null);
  const [trouble, setTrouble] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    // A dialog's form may stand inside another one in the tree of React.
    event.stopPropagation();
    setBusy(true);
    setTrouble('');
    try {
      const { outcome } = await api.auth.confirm.mutate({ password, code });
      if (outcome === 'confirmed') return onDone();
      setCode('');
    } catch (error) {
      setTrouble(failureOf(error).message);
    } finally {
      setBusy(false);
    }
  };
  const messages = trouble === '' ? [] : [{ kind: 'error' as const, text: trouble }];
  return (
    <Dialog
      title={t('freshSignIn')}
      about={t('freshSignInText')}
      onClose={onClose}
      foot={
        <FormFoot form={form} busy={busy} onClose={onClose}>
          {t('confirmSignIn')}
        </FormFoot>
      }
    >
      <form id={form} className="flex flex-col gap-3" onSubmit={(event) => void submit(event)}>
        <Field label={t('password')} messages={code === null ? messages : []}>
          {(field) => (
            <Input
              {...{ field, value: password, onChange: setPassword, required: true }}
              {...{ type: 'password', autoComplete: 'current-password', name: 'password' }}
            />
          )}
        </Field>
        {code !== null && (
          <Field label={t('code')} messages={messages}>
            {(field) => (
              <Input
                {...{ field, value: code, onChange: setCode, required: true }}
                {...{ autoComplete: 'one-time-code', name: 'code' }}
              />
            )}
          </Field>
        )}
      </form>
    </Dialog>
  );
}
