'use client';

import { useTranslations } from 'next-intl';
import { Fragment, type ReactNode, useId } from 'react';
import { cx } from './cx.ts';
import { Glyph } from './glyph.tsx';
import { Icon } from './icon.tsx';
import { useFormat } from './use-format.ts';

export type CheckResult = 'pass' | 'warn' | 'fail';

export interface CandidateCheck {
  readonly id: string;
  readonly group: string;
  readonly name: string;
  /** "1 s or less": stands beside the name. */
  readonly limit?: string;
  /** By candidate id. */
  readonly outcomes: Readonly<
    Record<string, { readonly result: CheckResult; readonly value: string; readonly trend?: ReactNode }>
  >;
}

export interface Candidate {
  readonly id: string;
  readonly name: string;
  readonly host?: string;
  /** Why it is out: "4.8 s behind". Null: it can take over. */
  readonly ruledOut: string | null;
}

interface CandidateTableProps {
  readonly label: string;
  readonly candidates: readonly Candidate[];
  readonly checks: readonly CandidateCheck[];
  readonly chosen: string | null;
  readonly onChoose: (id: string) => void;
  /** In place of "Can take over", where the act is another one. */
  readonly able?: string;
}

/** Candidates are columns, checks are rows. What passes is quiet; only warnings and failures have colour and weight. */
export function CandidateTable({ label, candidates, checks, chosen, onChoose, able }: CandidateTableProps) {
  const t = useTranslations('ui.candidates');
  const format = useFormat();
  const groups = [...new Set(checks.map((check) => check.group))];
  const name = useId();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a part that scrolls must be reachable by keyboard
    <section className="data-table-scroll" tabIndex={0} aria-label={label}>
      <table className="candidates">
        <colgroup>
          <col style={{ width: '34%' }} />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">
              <div className="text-base font-semibold">{t('title')}</div>
              <div className="small quiet mt-1">{t('hint')}</div>
            </th>
            {candidates.map((candidate) => {
              const isChosen = candidate.id === chosen;
              const count = (result: CheckResult): number =>
                checks.filter((check) => check.outcomes[candidate.id]?.result === result).length;
              return (
                <th key={candidate.id} scope="col" className={cx(isChosen && 'candidates-chosen echo echo-ok')}>
                  <label className="choice" style={{ padding: 0 }}>
                    <input
                      type="radio"
                      name={name}
                      checked={isChosen}
                      disabled={candidate.ruledOut !== null}
                      aria-label={t('choose', { name: candidate.name })}
                      onChange={() => onChoose(candidate.id)}
                    />
                    <span>
                      <span className="block">
                        <b>{candidate.name}</b> <span className="muted">{candidate.host}</span>
                      </span>
                      <span
                        className={cx(
                          'status candidate-verdict',
                          candidate.ruledOut === null ? 'tone-ok' : 'tone-down',
                        )}
                      >
                        <Glyph kind={candidate.ruledOut === null ? 'ok' : 'down'} toned={false} />
                        {candidate.ruledOut === null
                          ? (able ?? t('canTakeOver'))
                          : t('ruledOut', { why: candidate.ruledOut })}
                      </span>
                      <span className="small muted block">
                        {t('counts', {
                          passed: format.number(count('pass')),
                          warnings: count('warn'),
                          failed: count('fail'),
                        })}
                      </span>
                    </span>
                  </label>
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <Fragment key={group}>
              <tr>
                <th scope="rowgroup" colSpan={candidates.length + 1}>
                  {group}
                </th>
              </tr>
              {checks
                .filter((check) => check.group === group)
                .map((check) => (
                  <tr key={check.id}>
                    <th scope="row">
                      <span className="flex justify-between gap-3">
                        <span>{check.name}</span>
                        <span className="small quiet whitespace-nowrap">{check.limit}</span>
                      </span>
                    </th>
                    {candidates.map((candidate) => (
                      <td key={candidate.id} className={cx(candidate.id === chosen && 'candidates-chosen')}>
                        <Outcome outcome={check.outcomes[candidate.id]} />
                      </td>
                    ))}
                  </tr>
                ))}
            </Fragment>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Outcome({ outcome }: { readonly outcome: CandidateCheck['outcomes'][string] | undefined }) {
  const t = useTranslations('ui.candidates');
  if (outcome === undefined) return null;
  const { result } = outcome;
  return (
    <div className={cx('check', result !== 'pass' && `check-${result}`)}>
      {result === 'pass' ? (
        <span className="check-tick">
          <Icon name="check" />
        </span>
      ) : (
        <Glyph kind={result === 'warn' ? 'degraded' : 'down'} toned={false} />
      )}
      <span className="check-word">{t(result)}</span>
      <span className="check-value">{outcome.value}</span>
      {outcome.trend}
    </div>
  );
}
