import type { ReactNode } from 'react';
import { cx } from './cx.ts';
import { isHealth, type StatusKind } from './status.ts';
import { StatusWord } from './status-word.tsx';

interface VerdictProps {
  readonly kind: StatusKind;
  /** What is so, as one sentence without a full stop. */
  readonly title: ReactNode;
  /** The cause, and what still works. */
  readonly children?: ReactNode;
  /** "for 3 min 12 s", "step 4 of 8". */
  readonly since?: ReactNode;
  /** One or two acts, the primary one last. */
  readonly acts?: ReactNode;
  /** In place of acts: the running timer and what it counts. */
  readonly timer?: { readonly label: string; readonly value: string; readonly expected?: string };
  readonly as?: 'h1' | 'h2';
}

/** The echo edge: the one loudest thing on a screen. At most one per page. */
export function Verdict({ kind, title, children, since, acts, timer, as: Title = 'h1' }: VerdictProps) {
  return (
    <div className={cx('echo', isHealth(kind) && `echo-${kind}`)}>
      <div className="verdict">
        <div className="min-w-0 flex-1">
          <StatusWord kind={kind} size="large" {...(since === undefined ? {} : { since })} />
          <Title className="verdict-title">{title}</Title>
          {children !== undefined && <p className="verdict-text">{children}</p>}
        </div>
        {acts !== undefined && <div className="verdict-acts">{acts}</div>}
        {timer !== undefined && (
          <div className="verdict-timer desk:text-right">
            <div className="small quiet">{timer.label}</div>
            <div className="running-timer">{timer.value}</div>
            {timer.expected !== undefined && <div className="small muted">{timer.expected}</div>}
          </div>
        )}
      </div>
    </div>
  );
}
