import { useTranslations } from 'next-intl';
import type { ReactNode } from 'react';
import { cx } from './cx.ts';
import { Glyph } from './glyph.tsx';
import { isHealth, type StatusKind, toneOf } from './status.ts';

interface StatusWordProps {
  readonly kind: StatusKind;
  /** In place of the word of the kind, where a sentence says more: "Restart pending on herd-2". */
  readonly children?: ReactNode;
  /** What follows in a quieter voice: "for 3 min 12 s". */
  readonly since?: ReactNode;
  readonly size?: 'small' | 'large';
}

/** Shape, colour and word: always the three. */
export function StatusWord({ kind, children, since, size }: StatusWordProps) {
  const t = useTranslations('words');
  const word = isHealth(kind) ? t(`health.${kind}`) : t(`configuration.${kind}`);
  return (
    <span className={cx('status', size !== undefined && `status-${size}`, toneOf(kind))}>
      <Glyph kind={kind} toned={false} {...(size === 'small' ? { size } : {})} />
      {children ?? word}
      {since !== undefined && <span className="status-since">{since}</span>}
    </span>
  );
}
