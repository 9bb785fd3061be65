'use client';

import { useTranslations } from 'next-intl';
import type { ReactNode } from 'react';
import { Glyph } from './glyph.tsx';
import { Icon } from './icon.tsx';
import { useFormat } from './use-format.ts';
import { useNow } from './use-now.ts';

export interface RunStep {
  readonly id: string;
  readonly title: string;
  readonly detail?: ReactNode;
  readonly state: 'done' | 'running' | 'failed' | 'skipped' | 'ahead';
  /** How long it took, ms; for coming ones the estimate. */
  readonly tookMs?: number;
  /** When the running one began, ms since 1970. */
  readonly startedAtMs?: number;
}

/** Done steps in ink, the running one tinted, coming ones quiet with estimates. */
export function RunSteps({ steps }: { readonly steps: readonly RunStep[] }) {
  const t = useTranslations('ui.run');
  return (
    <ol aria-label={t('steps')}>
      {steps.map((step) => (
        <li
          key={step.id}
          className="run-step"
          data-state={step.state}
          aria-current={step.state === 'running' ? 'step' : undefined}
        >
          <StepMark state={step.state} />
          <div>
            <h3>
              {step.title}
              {step.state === 'running' || step.state === 'failed' || step.state === 'skipped' ? (
                <span className={`small ml-2 ${STEP_TONE[step.state]}`}>{t(step.state)}</span>
              ) : (
                <span className="sr-only">, {t(step.state)}</span>
              )}
            </h3>
            {step.detail !== undefined && <p>{step.detail}</p>}
          </div>
          <StepTime step={step} />
        </li>
      ))}
    </ol>
  );
}

const STEP_TONE = { running: 'tone-changing', failed: 'tone-down', skipped: 'quiet' } as const;

function StepMark({ state }: { readonly state: RunStep['state'] }) {
  if (state === 'running') return <Glyph kind="changing" />;
  if (state === 'failed') return <Glyph kind="down" />;
  if (state === 'done') return <Icon name="check" />;
  return (
    <svg className="glyph quiet" viewBox="0 0 16 16" aria-hidden="true">
      <circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" />
    </svg>
  );
}

function StepTime({ step }: { readonly step: RunStep }) {
  const t = useTranslations('ui.run');
  const format = useFormat();
  const now = useNow();
  const running = step.state === 'running' && step.startedAtMs !== undefined && now !== null;
  const ms = running ? Math.max(0, now - (step.startedAtMs ?? now)) : step.tookMs;
  if (ms === undefined) return <span />;
  const duration = format.duration(ms);
  return <span className="run-step-time">{step.state === 'ahead' ? t('about', { duration }) : duration}</span>;
}
