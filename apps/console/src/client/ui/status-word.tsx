import type { ReactNode } from 'react';
import { cx } from './cx.ts';
import { Glyph } from './glyph.tsx';
import { type StatusKind, toneOf } from './status.ts';
import { useStatusWord } from './use-status-word.ts';

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
  const word = useStatusWord();
  return (
    <span className={cx('status', size !== undefined && `status-${size}`, toneOf(kind))}>
      <Glyph kind={kind} toned={false} {...(size === 'small' ? { size } : {})} />
      {children ?? word(kind)}
      {since !== undefined && <span className="status-since">{since}</span>}
    </span>
  );
}
