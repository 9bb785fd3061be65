import { useTranslations } from 'next-intl';
import { useFormat } from './use-format.ts';

interface PoolBarProps {
  readonly label: string;
  readonly used: number;
  readonly spare: number;
  readonly max: number;
}

/** How full a pool is: used solid, spare light, the rest empty. The figures stand beside it. */
export function PoolBar({ label, used, spare, max }: PoolBarProps) {
  const t = useTranslations('ui.pool');
  const format = useFormat();
  const words = { used: format.number(used), spare: format.number(spare), max: format.number(max) };
  const part = (count: number): string => `${max <= 0 ? 0 : Math.min(100, (100 * count) / max)}%`;
  return (
    <div>
      <div className="pool-bar" role="img" aria-label={`${label}: ${t('of', words)}`}>
        <span className="pool-used" style={{ width: part(used) }} />
        <span className="pool-spare" style={{ width: part(spare) }} />
      </div>
      <div className="small muted flex justify-between">
        <span>{t('used', { used: words.used })}</span>
        <span>{t('spare', { spare: words.spare })}</span>
      </div>
    </div>
  );
}
