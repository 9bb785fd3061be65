'use client';

import { useTranslations } from 'next-intl';
import { Fragment, type ReactNode, useRef, useState } from 'react';
import { Button } from './button.tsx';
import { needsName, needsReason, refusalOf } from './confirm-act.ts';
import { CopyButton } from './copy-button.tsx';
import { Dialog } from './dialog.tsx';
import { Field } from './field.tsx';
import { Glyph } from './glyph.tsx';
import { Input } from './input.tsx';
import { Textarea } from './textarea.tsx';
import { useFormat } from './use-format.ts';

export interface BeforeAfter {
  readonly what: string;
  readonly before: string;
  readonly after: string;
}

/** What a failover may lose, as measured. */
export interface Loss {
  readonly bytes: number;
  readonly ms: number;
  readonly target: string;
}

interface ConfirmDialogProps {
  readonly tier: 2 | 3 | 4;
  /** The act and its object: "Detach node 2". Also the title. */
  readonly act: string;
  readonly about?: ReactNode;
  readonly changes: readonly BeforeAfter[];
  /** "14 sessions on node 2 move to node 1". */
  readonly whoIsHit: ReactNode;
  readonly production: boolean;
  /** The server wants a reason, or the name, also where the tier alone would not. */
  readonly reasonNeeded?: boolean;
  readonly nameNeeded?: boolean;
  /** What stands in the reason at first. */
  readonly reasonAtFirst?: string;
  readonly objectName: string;
  /** Tier 4. Null: it cannot be measured, which is said. */
  readonly loss?: Loss | null;
  /** Tier 4: the form of a fresh sign-in, and whether it has been done. */
  readonly signIn?: { readonly form: ReactNode; readonly done: boolean };
  readonly factsLocked?: boolean;
  /** Below the facts: choices that belong to the act. */
  readonly children?: ReactNode;
  /** The same act as a call of the documented API. */
  readonly curl: string | ((reason: string) => string);
  /** Looks without acting, where the server can. */
  readonly onDryRun?: () => void;
  readonly busy?: boolean;
  /** What the server refused, in its words. */
  readonly error?: string | null;
  readonly onConfirm: (reason: string) => void;
  readonly onClose: () => void;
}

/** Tiers 2 to 4: before and after, who is hit, why; in production the name; for possible loss its measure and a sign-in. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { tier, act, about, changes, whoIsHit, production, objectName, loss, signIn, factsLocked = false } = props;
  const t = useTranslations('ui');
  const format = useFormat();
  const [reason, setReason] = useState(props.reasonAtFirst ?? '');
  const [typedName, setTypedName] = useState('');
  const cancel = useRef<HTMLButtonElement>(null);
  const gate = {
    ...{ tier, production, objectName, typedName, reason, signedIn: signIn?.done === true, factsLocked },
    ...{ reasonNeeded: props.reasonNeeded === true, nameNeeded: props.nameNeeded === true },
  };
  const refusal = refusalOf(gate);

  const foot = (
    <>
      <Button kind="quiet" onClick={props.onClose} ref={cancel}>
        {t('button.cancel')}
      </Button>
      <span className="flex-1" />
      <CopyButton
        text={typeof props.curl === 'string' ? props.curl : props.curl(reason.trim())}
        label={t('button.copyCurl')}
      />
      {props.onDryRun !== undefined && <Button onClick={props.onDryRun}>{t('dialog.dryRun')}</Button>}
      <Button
        kind={tier === 4 ? 'danger' : 'primary'}
        reason={refusal === null ? undefined : t(`dialog.${refusal}`)}
        reasonAt="above"
        busy={props.busy === true}
        onClick={() => props.onConfirm(reason.trim())}
      >
        {act}
      </Button>
    </>
  );

  return (
    <Dialog
      title={act}
      onClose={props.onClose}
      foot={foot}
      focusFirst={cancel}
      {...(about === undefined ? {} : { about })}
    >
      <dl className="before-after">
        {changes.map((change) => (
          <Fragment key={change.what}>
            <dt className="muted">{change.what}</dt>
            <dd className="desk:col-span-3">
              <span className="sr-only">{t('dialog.before')}: </span>
              <s className="diff-old">{change.before}</s>
              <span className="quiet" aria-hidden="true">
                {' → '}
              </span>
              <span className="sr-only">, {t('dialog.after')}: </span>
              <ins className="diff-new">{change.after}</ins>
            </dd>
          </Fragment>
        ))}
        <dt className="muted">{t('dialog.who')}</dt>
        <dd className="desk:col-span-3">{whoIsHit}</dd>
      </dl>
      {props.children}
      {loss !== undefined && (
        <div className="flex items-start gap-2">
          <Glyph kind="down" />
          <div>
            <b>{t('dialog.loss')}</b>
            <p>
              {loss === null
                ? t('dialog.lossUnknown')
                : t('dialog.lossOf', {
                    bytes: format.bytes(loss.bytes),
                    target: loss.target,
                    duration: format.duration(loss.ms),
                  })}
            </p>
          </div>
        </div>
      )}
      <Field
        label={
          <>
            {t('dialog.reason')}
            {!needsReason(gate) && <span className="quiet font-normal"> {t('dialog.optional')}</span>}
          </>
        }
        hint={t('dialog.reasonHint')}
      >
        {(field) => <Textarea field={field} value={reason} onChange={setReason} maxLength={500} />}
      </Field>
      {needsName(gate) && (
        <Field label={t('dialog.typeName', { name: objectName })}>
          {(field) => <Input field={field} mono value={typedName} onChange={setTypedName} />}
        </Field>
      )}
      {tier === 4 && signIn !== undefined && !signIn.done && (
        <div>
          <b>{t('dialog.signIn')}</b>
          {signIn.form}
        </div>
      )}
      <div role="alert">
        {props.error != null && (
          <p className="flex items-start gap-2">
            <Glyph kind="down" />
            <span>{props.error}</span>
          </p>
        )}
      </div>
    </Dialog>
  );
}
