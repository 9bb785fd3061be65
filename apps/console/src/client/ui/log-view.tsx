'use client';

import { useTranslations } from 'next-intl';
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Button } from './button.tsx';
import { cx } from './cx.ts';
import { useFormat } from './use-format.ts';

export interface LogLine {
  readonly seq: number;
  readonly atMs: number;
  /** Lower than warning is quiet; notice stands out in ink. */
  readonly level: 'debug' | 'info' | 'notice' | 'warning' | 'error';
  /** The word of the server: LOG, WARNING, FATAL. Never translated. */
  readonly levelWord?: string;
  readonly source: string;
  readonly text: string;
}

interface LogViewProps {
  readonly label: string;
  /** Newest last. The caller bounds them. */
  readonly lines: readonly LogLine[];
  /** CSS height. */
  readonly height?: string;
  readonly wrap?: boolean;
  /** Lines that never arrived here. */
  readonly dropped?: number;
  readonly lineAct?: (line: LogLine) => ReactNode;
}

/** How near to the end counts as at the end, px. */
const NEAR = 24;
/** Drawn at once; older ones are reached by filters, not by scrolling through them all. */
const MOST = 1000;

/** Log lines as they come. It follows the end until one scrolls up; then it counts what is new. */
export function LogView({ label, lines, height = '320px', wrap = false, dropped = 0, lineAct }: LogViewProps) {
  const t = useTranslations('ui.log');
  const format = useFormat();
  const view = useRef<HTMLDivElement>(null);
  const [follow, setFollow] = useState(true);
  const [leftAt, setLeftAt] = useState(0);
  const last = lines.at(-1)?.seq ?? 0;

  useLayoutEffect(() => {
    if (follow && view.current !== null && last > 0) view.current.scrollTop = view.current.scrollHeight;
  }, [follow, last]);

  useEffect(() => {
    const element = view.current;
    if (element === null) return;
    const onScroll = (): void => {
      const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
      setFollow(atEnd);
    };
    element.addEventListener('scroll', onScroll, { passive: true });
    return () => element.removeEventListener('scroll', onScroll);
  }, []);

  // The place where one left the end, to count what came since.
  const [wasFollowing, setWasFollowing] = useState(true);
  if (wasFollowing !== follow) {
    setWasFollowing(follow);
    if (!follow) setLeftAt(last);
  }
  const hidden = follow ? 0 : lines.filter((line) => line.seq > leftAt).length;
  const shown = lines.slice(-MOST);

  return (
    <div>
      <div
        ref={view}
        className={cx('log-view', wrap && 'log-wrap')}
        style={{ height }}
        role="log"
        aria-live="off"
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
      >
        {dropped > 0 && <div className="quiet">{t('dropped', { count: dropped })}</div>}
        {shown.length === 0 && <div className="quiet">{t('empty')}</div>}
        {shown.map((line) => (
          <div key={line.seq} className={cx('log-line', `log-line-${line.level}`)}>
            <span className="quiet" title={format.fullInstant(line.atMs)}>
              {format.clock(line.atMs)}.{String(Math.floor(line.atMs) % 1000).padStart(3, '0')}
            </span>
            <span>{line.source}</span>
            {line.levelWord !== undefined && <span className="log-level">{line.levelWord}</span>}
            <span>{line.text}</span>
            {lineAct?.(line)}
          </div>
        ))}
      </div>
      <div className="panel-part flex min-h-10 items-center gap-2" style={{ paddingBlock: 6 }}>
        <span className="age">{follow ? t('following') : t('paused', { hidden })}</span>
        {!follow && (
          <Button small onClick={() => setFollow(true)}>
            {t('follow')}
          </Button>
        )}
      </div>
    </div>
  );
}
