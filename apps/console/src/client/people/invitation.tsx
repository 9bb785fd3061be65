'use client';

import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { type FormEvent, useEffect, useState } from 'react';
import { api, failureOf } from '../live/api.ts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { Input } from '../ui/input.tsx';
import { LinkButton } from '../ui/link-button.tsx';
import { DoorFrame } from './door-frame.tsx';

type Found = { readonly name: string | null; readonly admin: boolean };

/** A one-time link: the first account, or the password of an account that was made for somebody. */
export function Invitation() {
  const t = useTranslations('door');
  const router = useRouter();
  const [token, setToken] = useState('');
  const [found, setFound] = useState<Found | null>(null);
  const [ended, setEnded] = useState('');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [trouble, setTrouble] = useState('');
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    const given = window.location.hash.slice(1);
    setToken(given);
    api.auth.invitation.mutate({ token: given }).then(setFound, (error) => setEnded(failureOf(error).message));
  }, []);

  if (ended !== '') {
    return (
      <DoorFrame title={t('linkEnded')}>
        <p>{ended}</p>
        <LinkButton href="/login">{t('toSignIn')}</LinkButton>
      </DoorFrame>
    );
  }
  // An answer that names the name belongs at its field, not at the password's.
  const ofName = trouble.startsWith('name: ');
  const differs = again !== '' && again !== password;
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (password !== again) return setTrouble(t('differs'));
    setBusy(true);
    setTrouble('');
    try {
      await api.auth.accept.mutate({ token, name: found?.name ?? name, password });
      router.push('/');
      router.refresh();
    } catch (error) {
      setTrouble(failureOf(error).message);
      setBusy(false);
    }
  };
  const known = found?.name ?? null;
  return (
    <DoorFrame title={known === null ? t('inviteTitle') : t('setPasswordTitle', { name: known })}>
      <p className="muted">{known === null ? t('inviteText') : t('setPasswordText')}</p>
      <form className="flex flex-col gap-3" onSubmit={(event) => void submit(event)}>
        {known === null && (
          <Field label={t('name')} messages={ofName ? [{ kind: 'error', text: t('nameLetters') }] : []}>
            {(field) => (
              <Input field={field} value={name} onChange={setName} autoComplete="username" name="name" required />
            )}
          </Field>
        )}
        <Field label={t('password')} hint={known === null ? t('setPasswordText') : undefined}>
          {(field) => (
            <Input
              field={field}
              value={password}
              onChange={setPassword}
              type="password"
              autoComplete="new-password"
              name="password"
              required
            />
          )}
        </Field>
        <Field
          label={t('repeat')}
          messages={
            differs
              ? [{ kind: 'error', text: t('differs') }]
              : trouble === '' || ofName
                ? []
                : [{ kind: 'error', text: trouble }]
          }
        >
          {(field) => (
            <Input
              field={field}
              value={again}
              onChange={setAgain}
              type="password"
              autoComplete="new-password"
              name="again"
              required
            />
          )}
        </Field>
        <Button type="submit" kind="primary" busy={busy}>
          {known === null ? t('makeAccount') : t('setPassword')}
        </Button>
      </form>
    </DoorFrame>
  );
}
