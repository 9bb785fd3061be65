import { useTranslations } from 'next-intl';
import type { ReactNode } from 'react';

interface WizardProps {
  /** "Switch over from node 0" */
  readonly title: string;
  readonly about?: ReactNode;
  readonly steps: readonly string[];
  /** Index of the step shown. */
  readonly at: number;
  /** Cancel: leads out, changes nothing. */
  readonly cancel: ReactNode;
  /** At the right of the foot: the age of the facts, the second act, the primary act. */
  readonly acts: ReactNode;
  readonly children: ReactNode;
}

/** The frame of a wizard: steps at the top right, acts at the foot. */
export function Wizard({ title, about, steps, at, cancel, acts, children }: WizardProps) {
  return (
    <>
      <div className="page-head">
        <div className="min-w-0 flex-1">
          <h1 className="page-title">{title}</h1>
          {about !== undefined && <p className="muted">{about}</p>}
        </div>
        <WizardSteps steps={steps} at={at} />
      </div>
      {children}
      {(cancel !== null || acts !== null) && <ActionBar start={cancel}>{acts}</ActionBar>}
    </>
  );
}

function WizardSteps({ steps, at }: { readonly steps: readonly string[]; readonly at: number }) {
  const t = useTranslations('ui.wizard');
  return (
    <ol className="steps" aria-label={t('steps')}>
      {steps.map((step, index) => (
        <li key={step} aria-current={index === at ? 'step' : undefined}>
          <span className="steps-number">{index + 1}</span>
          <span className="steps-word">{step}</span>
        </li>
      ))}
    </ol>
  );
}

/** The bar at the foot of a wizard or of a running operation. */
export function ActionBar({ start, children }: { readonly start?: ReactNode; readonly children: ReactNode }) {
  return (
    <div className="action-bar">
      {start}
      <span className="flex-1" />
      {children}
    </div>
  );
}
