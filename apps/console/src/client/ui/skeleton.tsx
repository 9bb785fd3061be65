import { useTranslations } from 'next-intl';

/** Widths in per cent: uneven, so that it reads as text that is not there yet. */
const WIDTHS = [62, 84, 48, 76, 55, 90, 68, 42] as const;
const ROWS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'] as const;

interface SkeletonProps {
  /** What is being loaded, for readers. */
  readonly what: string;
  /** At most 12. */
  readonly rows?: number;
  /** Height of one row, px: that of the real thing, so that nothing jumps when it arrives. */
  readonly rowHeight?: number;
}

/** The shape of a list before its rows. */
export function Skeleton({ what, rows = 5, rowHeight = 36 }: SkeletonProps) {
  const t = useTranslations('ui.state');
  return (
    <div className="px-4" role="status">
      <span className="sr-only">{t('loading', { what })}</span>
      {ROWS.slice(0, rows).map((row, at) => (
        <div key={row} className="flex items-center" style={{ height: rowHeight }}>
          <div className="skeleton" style={{ width: `${WIDTHS[at % WIDTHS.length]}%` }} />
        </div>
      ))}
    </div>
  );
}

/** The shape of a block: a chart, a picture. Height in px. */
export function SkeletonBlock({ what, height }: { readonly what: string; readonly height: number }) {
  const t = useTranslations('ui.state');
  return (
    <div className="panel-part" role="status">
      <span className="sr-only">{t('loading', { what })}</span>
      <div className="skeleton" style={{ height }} />
    </div>
  );
}
