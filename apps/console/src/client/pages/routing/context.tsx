'use client';

import { useTranslations } from 'next-intl';
import { Checkbox } from '../../ui/choice.tsx';
import { Field } from '../../ui/field.tsx';
import { Input } from '../../ui/input.tsx';

/** Who asks, and what the session is supposed to have done before. */
export interface Context {
  readonly database: string;
  readonly user: string;
  readonly application: string;
  readonly inTransaction: boolean;
  readonly afterWrite: boolean;
}

interface ContextFieldsProps {
  readonly context: Context;
  readonly onChange: (context: Context) => void;
}

export function ContextFields({ context, onChange }: ContextFieldsProps) {
  const t = useTranslations('routing.context');
  const set = (change: Partial<Context>): void => onChange({ ...context, ...change });
  return (
    <>
      <div className="routing-who">
        <Field label={t('database')}>
          {(field) => <Input field={field} mono value={context.database} onChange={(database) => set({ database })} />}
        </Field>
        <Field label={t('user')}>
          {(field) => <Input field={field} mono value={context.user} onChange={(user) => set({ user })} />}
        </Field>
        <Field label={t('application')}>
          {(field) => (
            <Input field={field} mono value={context.application} onChange={(application) => set({ application })} />
          )}
        </Field>
      </div>
      <div>
        <Checkbox checked={context.inTransaction} onChange={(inTransaction) => set({ inTransaction })}>
          {t('inTransaction')}
        </Checkbox>
        <Checkbox
          checked={context.afterWrite}
          onChange={(afterWrite) => set({ afterWrite })}
          hint={context.inTransaction ? t('afterWriteInside') : t('afterWriteBefore')}
        >
          {t('afterWrite')}
        </Checkbox>
      </div>
    </>
  );
}
