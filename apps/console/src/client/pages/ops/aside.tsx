'use client';

import { useTranslations } from 'next-intl';
import type { ReactNode } from 'react';
import { Panel, PanelPart } from '../../ui/panel.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useNow } from '../../ui/use-now.ts';
import { type Entry, lastPauses } from './ops-model.ts';
import type { Kind, WizardFacts } from './wizard-facts.ts';

interface Props {
  readonly kind: Kind;
  readonly facts: WizardFacts;
  readonly entries: readonly Entry[];
  readonly to: number | null;
}

/** What follows from the choice: the pause, the sessions, the old primary, the way back. */
export function Aside({ kind, facts, entries, to }: Props) {
  const t = useTranslations('ops.aside');
  if (to === null)
    return (
      <Panel as="aside" title={t('nobody')} className="self-start">
        {null}
      </Panel>
    );
  return (
    <Panel as="aside" title={t(kind, { node: to })} className="self-start">
      {kind !== 'recover' && <Pause {...{ kind, facts, entries, to }} />}
      {kind === 'failover' && <LossFact {...{ kind, facts, entries, to }} />}
      <Sessions {...{ kind, facts, entries, to }} />
      {kind !== 'recover' && facts.status?.primary != null && (
        <Fact
          label={t('old', { node: facts.status.primary })}
          value={kind === 'switchover' ? t('oldStandby') : t('oldOut')}
          note={kind === 'switchover' ? t('oldStandbyHow') : t('oldOutHow')}
        />
      )}
      <Undo kind={kind} primary={facts.status?.primary ?? null} />
    </Panel>
  );
}

type FactOf = Props & { readonly to: number };

function Pause({ kind, facts, entries }: FactOf) {
  const t = useTranslations('ops.aside');
  const format = useFormat();
  const pauses = lastPauses(entries, kind === 'recover' ? 'switchover' : kind);
  const estimate = facts.plan?.estimateMs;
  const mean = pauses.length === 0 ? null : pauses.reduce((sum, ms) => sum + ms, 0) / pauses.length;
  const expected = mean ?? (kind === 'failover' ? (estimate?.total ?? null) : null);
  const note =
    pauses.length > 0
      ? t('pauseLast', { list: pauses.map((ms) => format.duration(ms)).join(', ') })
      : kind === 'failover' && estimate !== undefined
        ? t('pausePlan', { detect: format.duration(estimate.detect), promote: format.duration(estimate.promote) })
        : t('pauseFirst');
  return (
    <Fact
      label={t('pause')}
      value={
        <span className="key-figure">
          {expected === null ? t('pauseUnknown') : t('pauseAbout', { duration: format.duration(expected) })}
        </span>
      }
      note={note}
    />
  );
}

function LossFact({ facts, to }: FactOf) {
  const t = useTranslations('ops.aside');
  const format = useFormat();
  const now = useNow();
  const loss = lossOf(facts, to);
  const asOf = loss.asOfMs;
  return (
    <Fact
      label={t('loss')}
      value={
        loss.none
          ? t('lossNone')
          : loss.bytes === null
            ? t('lossUnknown')
            : loss.bytes === 0
              ? t('lossZero')
              : t('lossAtLeast', { bytes: format.bytes(loss.bytes) })
      }
      note={
        loss.none
          ? t('lossSync')
          : asOf === null || now === null
            ? undefined
            : t('lossAsOf', { age: format.wholeDuration(Math.max(0, now - asOf)) })
      }
    />
  );
}

export interface MeasuredLoss {
  readonly none: boolean;
  readonly bytes: number | null;
  readonly asOfMs: number | null;
}

/** What is known of what the candidate lacks. */
export function lossOf({ plan }: WizardFacts, to: number): MeasuredLoss {
  const asOf = plan?.lostBytes.asOf ?? null;
  const candidate = plan?.candidates.find(({ node }) => node === to);
  const isPlanned = plan?.candidate === to;
  return {
    none: isPlanned ? (plan?.lostBytes.none ?? false) : candidate?.syncState === 'sync',
    bytes: candidate?.behindBytes ?? (isPlanned ? (plan?.lostBytes.atLeast ?? null) : null),
    asOfMs: asOf === null ? null : Date.parse(asOf),
  };
}

function Sessions({ kind, facts }: FactOf) {
  const t = useTranslations('ops.aside');
  const count = facts.status?.sessions.used ?? 0;
  const open = facts.openTransactions;
  if (kind === 'recover')
    return <Fact label={t('sessions')} value={t('sessionsStay', { count })} note={t('sessionsRecover')} />;
  return (
    <Fact
      label={t('sessions')}
      value={t('sessionsStay', { count })}
      note={kind === 'switchover' ? t('sessionsOpen', { count: open }) : t('sessionsCut', { count: open })}
    />
  );
}

function Undo({ kind, primary }: { readonly kind: Kind; readonly primary: number | null }) {
  const t = useTranslations('ops.aside');
  if (kind === 'recover') return <Fact label={t('undo')} value={t('undoRecover')} note={t('undoRecoverHow')} />;
  if (kind === 'failover' || primary === null) {
    return <Fact label={t('undo')} value={t('undoFailover')} note={t('undoFailoverHow')} />;
  }
  return <Fact label={t('undo')} value={t('undoSwitchover', { node: primary })} note={t('undoHow')} />;
}

interface FactProps {
  readonly label: string;
  readonly value: ReactNode;
  readonly note?: string | undefined;
}

export function Fact({ label, value, note }: FactProps) {
  return (
    <PanelPart>
      <div className="small quiet">{label}</div>
      <div className="font-semibold">{value}</div>
      {note !== undefined && <div className="small muted">{note}</div>}
    </PanelPart>
  );
}
