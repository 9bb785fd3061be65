import { useTranslations } from 'next-intl';
import { Fragment, type ReactNode } from 'react';
import { ContextChip, type Effect } from './context-chip.tsx';

export interface ParameterChange {
  readonly name: string;
  /** With the unit; null: not set before. Secrets come masked. */
  readonly before: string | null;
  readonly after: string | null;
  readonly effect: Effect;
  /** What it means, as a sentence. */
  readonly sentence?: ReactNode;
  readonly proxies?: readonly { readonly name: string; readonly note: string }[];
}

/** The loudest effect first. */
const ORDER: readonly Effect[] = ['restart', 'reload', 'sessions'];

interface ChangeListProps {
  readonly changes: readonly ParameterChange[];
  /** What each effect costs here: "each proxy ends its sessions once". */
  readonly costs?: Partial<Readonly<Record<Effect, string>>>;
}

/** The semantic diff: changes grouped by what they cost, old struck, new on select, a sentence under each. */
export function ChangeList({ changes, costs = {} }: ChangeListProps) {
  const t = useTranslations('ui');
  return (
    <div>
      {ORDER.map((effect) => {
        const members = changes.filter((change) => change.effect === effect);
        if (members.length === 0) return null;
        return (
          <Fragment key={effect}>
            <div className="diff-group">
              <ContextChip effect={effect} hot />
              <b>{t('diff.changes', { count: members.length })}</b>
              {costs[effect] !== undefined && <span className="muted">{costs[effect]}</span>}
            </div>
            {members.map((change) => (
              <div key={change.name} className="diff-row">
                <div className="min-w-0">
                  <div className="diff-line">
                    <span>{change.name}</span>
                    <span className="sr-only">{t('diff.old')}</span>
                    <s className="diff-old">{change.before ?? t('field.empty')}</s>
                    <span className="quiet" aria-hidden="true">
                      →
                    </span>
                    <span className="sr-only">{t('diff.new')}</span>
                    <ins className="diff-new">{change.after ?? t('field.empty')}</ins>
                  </div>
                  {change.sentence !== undefined && <p className="muted mt-1">{change.sentence}</p>}
                </div>
                {change.proxies !== undefined && (
                  <div className="diff-proxies">
                    {change.proxies.map((proxy) => (
                      <Fragment key={proxy.name}>
                        <b>{proxy.name}</b>
                        <span>{proxy.note}</span>
                      </Fragment>
                    ))}
                  </div>
                )}
              </div>
            ))}
          </Fragment>
        );
      })}
    </div>
  );
}
