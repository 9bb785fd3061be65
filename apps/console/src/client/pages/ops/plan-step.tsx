'use client';

import { useTranslations } from 'next-intl';
import { Panel, PanelPart } from '../../ui/panel.tsx';
import { RunSteps } from '../../ui/run-steps.tsx';
import { Aside } from './aside.tsx';
import { type Entry, estimatesOf, stepsAhead } from './ops-model.ts';
import type { Kind, WizardFacts } from './wizard-facts.ts';

interface Props {
  readonly kind: Kind;
  readonly facts: WizardFacts;
  readonly entries: readonly Entry[];
  readonly to: number;
}

/** What will be done, in order; what clients see; where there is no way back. */
export function PlanStep({ kind, facts, entries, to }: Props) {
  const t = useTranslations('ops');
  const estimates = estimatesOf(entries, kind);
  const steps = stepsAhead(kind, to, facts.status?.primary ?? null);
  return (
    <div className="columns" style={{ '--columns': 'minmax(0, 1fr) 288px' } as never}>
      <div className="stack">
        <Panel
          title={t('plan.steps')}
          end={<span className="age">{estimates.size > 0 ? t('plan.estimate') : t('plan.noEstimate')}</span>}
        >
          <RunSteps
            steps={steps.map(({ key, node }) => {
              const tookMs = estimates.get(key);
              return {
                ...{ id: key, title: t(`steps.${key}`, { node }), state: 'ahead' as const },
                ...(tookMs === undefined ? {} : { tookMs }),
              };
            })}
          />
        </Panel>
        <Panel label={t('plan.clients')}>
          <PanelPart>
            <h3>{t('plan.clients')}</h3>
            <p className="muted">{t(`plan.${kind}Clients`)}</p>
          </PanelPart>
          <PanelPart>
            <h3>{t('plan.point')}</h3>
            <p className="muted">{t(`plan.${kind}Point`)}</p>
          </PanelPart>
        </Panel>
      </div>
      <Aside {...{ kind, facts, entries, to }} />
    </div>
  );
}
