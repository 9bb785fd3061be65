'use client';

import { useTranslations } from 'next-intl';
import { Button } from './button.tsx';
import { Glyph } from './glyph.tsx';
import { Panel } from './panel.tsx';

interface ErrorPanelProps {
  /** What could not be loaded, and for which proxy or node: "the sessions of herd-2". */
  readonly what: string;
  /** As it came, folded. */
  readonly raw?: string;
  readonly onRetry?: () => void;
}

/** One panel failed; the others go on. */
export function ErrorPanel({ what, raw, onRetry }: ErrorPanelProps) {
  const t = useTranslations('ui');
  return (
    <Panel label={t('state.failed', { what })}>
      <div className="panel-part flex items-start gap-3" role="alert">
        <Glyph kind="down" />
        <div className="min-w-0 flex-1">
          <h3>{t('state.failed', { what })}</h3>
          {raw !== undefined && (
            <details>
              <summary className="link small inline-block">{t('state.rawMessage')}</summary>
              <pre className="error-raw">{raw}</pre>
            </details>
          )}
        </div>
        {onRetry !== undefined && (
          <Button small onClick={onRetry}>
            {t('button.retry')}
          </Button>
        )}
      </div>
    </Panel>
  );
}
