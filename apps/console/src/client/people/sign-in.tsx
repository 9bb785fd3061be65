'use client';

import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { api, failureOf } from '../live/api.ts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { Input } from '../ui/input.tsx';
import { DoorFrame } from './door-frame.tsx';

/** @param fresh nobody has an account yet */
export function SignIn({ fresh }: { readonly fresh: boolean }) {
  const t = useTranslations('door');
  const router = useRouter();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState<string | null>(null);
  const [trouble, setTrouble] = useState('');
  const [busy, setBusy] = useState(false);
  if (fresh) {
    return (
      <DoorFrame title={t('freshTitle')}>
        <p>{t('freshText')}</p>
      </DoorFrame>
    );
  }
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setTrouble('');
    try {
      const { outcome } = await api.auth.signIn.mutate({ name, password, code });
      if (outcome === 'codeNeeded') setCode('');
      else {
        router.push('/');
        router.refresh();
      }
    } catch (error) {
      setTrouble(failureOf(error).message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <DoorFrame title={t('title')}>
      <form className="flex flex-col gap-3" onSubmit={(event) => void submit(event)}>
        <Field label={t('name')}>
          {(field) => (
            <Input field={field} value={name} onChange={setName} autoComplete="username" name="name" required />
          )}
        </Field>
        <Field label={t('password')} messages={trouble === '' ? [] : [{ kind: 'error', text: trouble }]}>
          {(field) => (
            <Input
              field={field}
              value={password}
              onChange={setPassword}
              type="password"
              autoComplete="current-password"
              name="password"
              required
            />
          )}
        </Field>
        {code !== null && (
          <Field label={t('code')}>
            {(field) => (
              <Input field={field} value={code} onChange={setCode} autoComplete="one-time-code" name="code" required />
            )}
          </Field>
        )}
        <Button type="submit" kind="primary" busy={busy}>
          {t('signIn')}
        </Button>
      </form>
    </DoorFrame>
  );
}
