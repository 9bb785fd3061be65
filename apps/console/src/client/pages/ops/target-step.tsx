'use client';

import { useTranslations } from 'next-intl';
import { CandidateTable } from '../../ui/candidate-table.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Sparkline } from '../../ui/sparkline.tsx';
import { Aside } from './aside.tsx';
import type { Entry } from './ops-model.ts';
import type { Check, Kind, WizardFacts } from './wizard-facts.ts';

interface Props {
  readonly kind: Kind;
  readonly facts: WizardFacts;
  readonly entries: readonly Entry[];
  readonly chosen: string | null;
  /** The facts are too old to act on. */
  readonly dim: boolean;
  readonly onChoose: (id: string) => void;
}

/** Every node as a column, every check with its value, and what follows from the choice. */
export function TargetStep({ kind, facts, entries, chosen, dim, onChoose }: Props) {
  const t = useTranslations('ops');
  return (
    <div className={`columns${dim ? ' stale' : ''}`} style={{ '--columns': 'minmax(0, 1fr) 288px' } as never}>
      <Panel label={t('wizard.candidates')} className="self-start overflow-hidden">
        <CandidateTable
          label={t('wizard.candidates')}
          candidates={facts.candidates}
          checks={facts.checks.map(drawn)}
          {...{ chosen, onChoose }}
          {...(kind === 'recover' ? { able: t('wizard.canBeRecovered') } : {})}
        />
      </Panel>
      <Aside {...{ kind, facts, entries }} to={chosen === null ? null : Number(chosen)} />
    </div>
  );
}

const TONE = { pass: 'data', warn: 'degraded', fail: 'down' } as const;

const drawn = ({ outcomes, ...check }: Check) => ({
  ...check,
  outcomes: Object.fromEntries(
    Object.entries(outcomes).map(([id, { trend, ...outcome }]) => [
      id,
      trend === undefined
        ? outcome
        : { ...outcome, trend: <Sparkline values={trend} tone={TONE[outcome.result]} max={maxOf(trend)} /> },
    ]),
  ),
});

/** A tenth of a second is not drawn as a mountain. */
const maxOf = (values: readonly (number | null)[]): number => Math.max(1_000, ...values.map((value) => value ?? 0));
