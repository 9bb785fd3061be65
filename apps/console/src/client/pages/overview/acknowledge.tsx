'use client';

import { useTranslations } from 'next-intl';
import { useState } from 'react';
import type { ProblemView } from '../../../shared/live/topics.ts';
import { api, failureOf } from '../../live/api.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field } from '../../ui/field.tsx';
import { Input } from '../../ui/input.tsx';

interface AcknowledgeProps {
  readonly cluster: string;
  readonly problem: ProblemView;
  readonly onClose: () => void;
}

/** "I have seen it": with a note, under one's name, until the problem ends. */
export function Acknowledge({ cluster, problem, onClose }: AcknowledgeProps) {
  const t = useTranslations('overview');
  const button = useTranslations('ui.button');
  const [note, setNote] = useState('');
  const [trouble, setTrouble] = useState('');
  const [busy, setBusy] = useState(false);
  const send = async (): Promise<void> => {
    setBusy(true);
    try {
      await api.act.acknowledge.mutate({ cluster, problem: problem.id, note });
      onClose();
    } catch (error) {
      setTrouble(failureOf(error).message);
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={t('acknowledgeTitle')}
      about={problem.title}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{button('cancel')}</Button>
          <Button kind="primary" busy={busy} onClick={() => void send()}>
            {t('acknowledgeDo')}
          </Button>
        </>
      }
    >
      <Field label={t('note')} hint={t('noteHint')} messages={trouble === '' ? [] : [{ kind: 'error', text: trouble }]}>
        {(field) => <Input field={field} value={note} onChange={setNote} />}
      </Field>
    </Dialog>
  );
}
