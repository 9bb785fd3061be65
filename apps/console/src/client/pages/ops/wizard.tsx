'use client';
/** Switchover, failover, recovery: target, plan, confirmation. The choice and the step live in the address. */
import { usePathname, useRouter, useSearchParams } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { neededFor } from '../../../shared/acts.ts';
import { LOCK_AFTER_MS } from '../../../shared/live/topics.ts';
import { useMay } from '../../frame/me.tsx';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { FactsAge, useFactsLocked } from '../../ui/facts-age.tsx';
import { LinkButton } from '../../ui/link-button.tsx';
import { Panel } from '../../ui/panel.tsx';
import { SkeletonBlock } from '../../ui/skeleton.tsx';
import { Wizard } from '../../ui/wizard.tsx';
import { ConfirmStep } from './confirm-step.tsx';
import { PlanStep } from './plan-step.tsx';
import { TargetStep } from './target-step.tsx';
import { useEntries } from './use-entries.ts';
import { type Kind, useWizardFacts } from './wizard-facts.ts';

interface Props {
  readonly cluster: string;
  readonly kind: Kind;
}

export function ActWizard({ cluster, kind }: Props) {
  const t = useTranslations('ops');
  const ui = useTranslations('ui');
  const may = useMay();
  const router = useRouter();
  const pathname = usePathname();
  const query = useSearchParams();
  const facts = useWizardFacts(cluster, kind);
  const { entries } = useEntries(cluster);
  const locked = useFactsLocked(facts.atMs, LOCK_AFTER_MS);
  const { status, candidates } = facts;

  const asked = query.get(kind === 'recover' ? 'node' : 'to') ?? query.get('node');
  const able = candidates.filter(({ ruledOut }) => ruledOut === null);
  const best = facts.plan?.candidate ?? null;
  const preferred = able.find(({ id }) => id === String(best)) ?? able[0];
  const chosen = candidates.find(({ id }) => id === asked) ?? preferred ?? null;
  const step = chosen === null ? 0 : Math.min(2, Math.max(0, Number(query.get('step') ?? 1) - 1 || 0));
  const go = (change: { readonly to?: string; readonly step?: number }): void => {
    const next = new URLSearchParams(query);
    if (change.to !== undefined) next.set(kind === 'recover' ? 'node' : 'to', change.to);
    else if (chosen !== null) next.set(kind === 'recover' ? 'node' : 'to', chosen.id);
    next.set('step', String((change.step ?? step) + 1));
    router.replace(`${pathname}?${next}`, { scroll: change.step !== undefined });
  };

  const needed = neededFor[kind];
  const refusal = !may(needed, cluster)
    ? ui('button.missingPermission', { permission: needed })
    : locked || status?.stale === true
      ? t('wizard.locked')
      : chosen === null
        ? t('wizard.chooseFirst')
        : chosen.ruledOut !== null
          ? t('wizard.ruledOut', { node: chosen.id, why: chosen.ruledOut })
          : undefined;
  const primary = status?.primary ?? null;
  const title =
    kind === 'recover'
      ? t('wizard.recover')
      : primary === null
        ? t(`wizard.${kind}Unknown`)
        : t(`wizard.${kind}`, { node: primary });
  const base = `/c/${encodeURIComponent(cluster)}`;
  const cancel =
    step === 0 ? (
      <LinkButton href={`${base}/ops`} kind="quiet">
        {ui('button.cancel')}
      </LinkButton>
    ) : (
      <Button kind="quiet" onClick={() => go({ step: step - 1 })}>
        {ui('button.back')}
      </Button>
    );
  const frame = {
    ...{ title, at: step, cancel, about: t(`wizard.${kind}About`) },
    steps: [t('wizard.target'), t('wizard.plan'), t('wizard.confirm')],
  };
  const age = <FactsAge atMs={facts.atMs} limitMs={LOCK_AFTER_MS} />;
  if (step === 2 && chosen !== null && status !== null) {
    return <ConfirmStep {...{ cluster, kind, facts, frame, age }} to={Number(chosen.id)} refusal={refusal} />;
  }
  return (
    <Wizard
      {...frame}
      acts={
        <>
          {age}
          <Button kind="primary" reason={refusal} reasonAt="above" onClick={() => go({ step: step + 1 })}>
            {step === 1
              ? t('wizard.toConfirm')
              : chosen === null
                ? t('wizard.chooseFirst')
                : t('wizard.continueWith', { node: chosen.id })}
          </Button>
        </>
      }
    >
      {status === null ? (
        <Panel label={title}>
          <SkeletonBlock what={t('wizard.candidates')} height={360} />
        </Panel>
      ) : candidates.length === 0 ? (
        <Panel label={title}>
          <EmptyState
            title={t('wizard.noCandidates')}
            act={<LinkButton href={`${base}/ops/new/add-node`}>{t('start.add-node')}</LinkButton>}
          >
            {t('wizard.noCandidatesText')}
          </EmptyState>
        </Panel>
      ) : step === 0 || chosen === null ? (
        <TargetStep
          {...{ kind, facts, entries: entries ?? [], dim: locked }}
          chosen={chosen?.id ?? null}
          onChoose={(to) => go({ to })}
        />
      ) : (
        <PlanStep {...{ kind, facts, entries: entries ?? [] }} to={Number(chosen.id)} />
      )}
    </Wizard>
  );
}
