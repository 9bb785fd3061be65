'use client';

import type { Rehearsal } from '@pgherd/operations';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { type ReactNode, useState } from 'react';
import { objectOf } from '../../../shared/acts.ts';
import { useMe } from '../../frame/me.tsx';
import { api } from '../../live/api.ts';
import { failureText, useFresh } from '../../people/fresh-sign-in.tsx';
import { Button } from '../../ui/button.tsx';
import { Checkbox } from '../../ui/choice.tsx';
import { needsName, refusalOf } from '../../ui/confirm-act.ts';
import { CopyCurl } from '../../ui/copy-curl.tsx';
import { Field } from '../../ui/field.tsx';
import { Glyph } from '../../ui/glyph.tsx';
import { Input } from '../../ui/input.tsx';
import { Panel, PanelPart } from '../../ui/panel.tsx';
import { Textarea } from '../../ui/textarea.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { Wizard } from '../../ui/wizard.tsx';
import { lossOf } from './aside.tsx';
import { type Kind, type WizardFacts, wishOf } from './wizard-facts.ts';

interface Props {
  readonly cluster: string;
  readonly kind: Kind;
  readonly facts: WizardFacts;
  readonly to: number;
  readonly frame: {
    readonly title: string;
    readonly about: string;
    readonly at: number;
    readonly steps: readonly string[];
    readonly cancel: ReactNode;
  };
  readonly age: ReactNode;
  /** Why the act cannot be begun, whatever is written here. */
  readonly refusal: string | undefined;
}

/** Before and after, who is hit, the reason; the name in production; the loss of a failover. Then the act begins. */
export function ConfirmStep({ cluster, kind, facts, to, frame, age, refusal }: Props) {
  const t = useTranslations('ops');
  const ui = useTranslations('ui');
  const format = useFormat();
  const router = useRouter();
  const me = useMe();
  const { fresh, dialog } = useFresh();
  const [reason, setReason] = useState('');
  const [typedName, setTypedName] = useState('');
  const [accepts, setAccepts] = useState(false);
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState('');
  const [dry, setDry] = useState<Rehearsal | null>(null);

  const production = me.clusters.find(({ slug }) => slug === cluster)?.environment === 'production';
  const wish = wishOf(kind, to, accepts);
  const objectName = objectOf(wish, cluster);
  const loss = kind === 'failover' ? lossOf(facts, to) : null;
  const risky = loss !== null && !loss.none && loss.bytes !== 0;
  const gate = {
    ...{ tier: kind === 'failover' ? (4 as const) : (3 as const), production, objectName, typedName, reason },
    // The server asks for the password when the last sign-in is too old; the dialog comes then.
    ...{ signedIn: true, factsLocked: false },
  };
  const missing = refusalOf(gate);
  const dead =
    refusal ?? (missing !== null ? ui(`dialog.${missing}`) : risky && !accepts ? t('confirm.acceptNeeded') : undefined);
  const input = { cluster, wish, reason: reason.trim(), confirm: needsName(gate) ? typedName.trim() : '' };
  const { cluster: _, ...body } = input;
  const call = { method: 'POST', path: `/clusters/${encodeURIComponent(cluster)}/acts`, body } as const;

  const begin = async (): Promise<void> => {
    setBusy(true);
    setTrouble('');
    try {
      const operation = await fresh(() => api.act.begin.mutate(input));
      router.push(`/c/${encodeURIComponent(cluster)}/ops/${encodeURIComponent(operation.id)}`);
    } catch (error) {
      setTrouble(failureText(error));
      setBusy(false);
    }
  };
  const rehearse = async (): Promise<void> => {
    setTrouble('');
    try {
      setDry(await api.herd.rehearse.query({ cluster, wish }));
    } catch (error) {
      setDry(null);
      setTrouble(failureText(error));
    }
  };

  return (
    <Wizard
      {...frame}
      acts={
        <>
          {age}
          <CopyCurl call={call} />
          <Button onClick={() => void rehearse()}>{ui('dialog.dryRun')}</Button>
          <Button
            kind={kind === 'failover' ? 'danger' : 'primary'}
            reason={dead}
            reasonAt="above"
            busy={busy}
            onClick={() => void begin()}
          >
            {t(`wizard.act.${kind}`, { node: to })}
          </Button>
        </>
      }
    >
      {dialog}
      <div className="columns" style={{ '--columns': 'minmax(0, 1fr) minmax(0, 1fr)' } as never}>
        <Panel title={t('confirm.change')} className="self-start">
          <PanelPart>
            <Changes {...{ kind, facts, to }} />
          </PanelPart>
          {loss !== null && (
            <PanelPart className="flex items-start gap-2">
              <Glyph kind={risky ? 'down' : 'ok'} />
              <div className="min-w-0">
                <h3>{ui('dialog.loss')}</h3>
                <p>
                  {loss.none
                    ? t('aside.lossSync')
                    : loss.bytes === null
                      ? ui('dialog.lossUnknown')
                      : loss.bytes === 0
                        ? t('aside.lossZero')
                        : t('aside.lossAtLeast', { bytes: format.bytes(loss.bytes) })}
                </p>
                {loss.asOfMs !== null && !loss.none && (
                  <p className="small muted">
                    {t('aside.lossAsOf', { age: format.wholeDuration(Math.max(0, Date.now() - loss.asOfMs)) })}
                  </p>
                )}
                {risky && (
                  <Checkbox checked={accepts} onChange={setAccepts} hint={t('confirm.acceptHint')}>
                    {t('confirm.accept')}
                  </Checkbox>
                )}
              </div>
            </PanelPart>
          )}
        </Panel>
        <Panel title={t('wizard.confirm')} className="self-start">
          <PanelPart className="flex flex-col gap-3">
            <Field label={ui('dialog.reason')} hint={ui('dialog.reasonHint')}>
              {(field) => <Textarea field={field} value={reason} onChange={setReason} maxLength={500} />}
            </Field>
            {needsName(gate) && (
              <Field label={ui('dialog.typeName', { name: objectName })}>
                {(field) => <Input field={field} mono value={typedName} onChange={setTypedName} />}
              </Field>
            )}
            <div role="alert">
              {trouble !== '' && (
                <p className="flex items-start gap-2">
                  <Glyph kind="down" />
                  <span>{trouble}</span>
                </p>
              )}
            </div>
            <div role="status">{dry !== null && <DryRun rehearsal={dry} />}</div>
          </PanelPart>
        </Panel>
      </div>
    </Wizard>
  );
}

function DryRun({ rehearsal }: { readonly rehearsal: Rehearsal }) {
  const t = useTranslations('ops.confirm');
  return (
    <>
      <p className="flex items-start gap-2">
        <Glyph kind={rehearsal.possible ? 'ok' : 'down'} />
        <span>{rehearsal.possible ? t('dryPass', { effect: rehearsal.effect }) : t('dryFail')}</span>
      </p>
      <ul className="small muted mt-1 pl-6">
        {rehearsal.checks.map(({ name, ok, detail, remedy }) => (
          <li key={name}>
            {detail}
            {!ok && remedy !== null && `; ${remedy}`}
          </li>
        ))}
      </ul>
    </>
  );
}

function Changes({ kind, facts, to }: Pick<Props, 'kind' | 'facts' | 'to'>) {
  const t = useTranslations('ops');
  const ui = useTranslations('ui.dialog');
  const primary = facts.status?.primary ?? null;
  const nameOf = (node: number | null): string => (node === null ? t('confirm.nobody') : t('node', { id: node }));
  const changes: readonly (readonly [string, string, string])[] =
    kind === 'recover'
      ? [
          [
            t('confirm.dataDirectory', { node: to }),
            t('confirm.asItIs'),
            t('confirm.fromPrimary', { node: primary ?? '?' }),
          ],
          [t('confirm.membership', { node: to }), t('confirm.outNow'), t('confirm.standby')],
        ]
      : [
          [t('confirm.primary'), nameOf(primary), nameOf(to)],
          ...(primary === null
            ? []
            : [
                [
                  t('confirm.membership', { node: primary }),
                  t('confirm.primary'),
                  kind === 'switchover' ? t('confirm.standby') : t('confirm.outNow'),
                ] as const,
              ]),
        ];
  const count = facts.status?.sessions.used ?? 0;
  const open = facts.openTransactions;
  return (
    <dl className="fact-list">
      {changes.flatMap(([what, before, after]) => [
        <dt key={`${what} t`}>{what}</dt>,
        <dd key={`${what} d`}>
          <span className="sr-only">{ui('before')}: </span>
          <s className="diff-old">{before}</s>
          <span className="quiet" aria-hidden="true">
            {' → '}
          </span>
          <span className="sr-only">, {ui('after')}: </span>
          <ins className="diff-new">{after}</ins>
        </dd>,
      ])}
      <dt>{t('confirm.who')}</dt>
      <dd>
        {kind === 'recover'
          ? t('confirm.whoRecover', { node: to })
          : kind === 'switchover'
            ? t('confirm.whoSwitchover', { count, open })
            : t('confirm.whoFailover', { count, open })}
      </dd>
    </dl>
  );
}
