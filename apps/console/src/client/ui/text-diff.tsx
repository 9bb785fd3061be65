'use client';

import { useTranslations } from 'next-intl';
import { Fragment, useMemo, useState } from 'react';
import { Panel } from './panel.tsx';
import { type DiffLine, diffLines, type Folded, foldRows, pairLines } from './text-diff-model.ts';
import { useFormat } from './use-format.ts';

export type DiffView = 'inline' | 'sideBySide';

interface TextDiffProps {
  /** The file's name. */
  readonly title: string;
  readonly before: string;
  readonly after: string;
  /** Kept by the page, where it is to be remembered. */
  readonly view?: DiffView;
  readonly onView?: (view: DiffView) => void;
}

/** The text of a file, before and after. Old on sunken, new on select: never red and green. */
export function TextDiff({ title, before, after, view, onView }: TextDiffProps) {
  const t = useTranslations('ui.diff');
  const format = useFormat();
  const [ownView, setOwnView] = useState<DiffView>('sideBySide');
  const current = view ?? ownView;
  const choose = onView ?? setOwnView;
  const lines = useMemo(() => diffLines(before, after), [before, after]);
  const changed = pairLines(lines).filter((pair) => pair.before !== pair.after).length;
  const end = (['inline', 'sideBySide'] as const).map((choice) => (
    <button
      key={choice}
      type="button"
      className={choice === current ? 'small font-semibold' : 'small link'}
      aria-pressed={choice === current}
      onClick={() => choose(choice)}
    >
      {t(choice)}
    </button>
  ));
  const total = after.split('\n').length;
  return (
    <Panel
      title={title}
      count={t('lines', { changed, total: format.number(total) })}
      end={end}
      className="overflow-hidden"
    >
      {changed === 0 ? (
        <p className="panel-part muted">{t('identical')}</p>
      ) : current === 'inline' ? (
        <Inline lines={lines} />
      ) : (
        <SideBySide lines={lines} />
      )}
    </Panel>
  );
}

function Inline({ lines }: { readonly lines: readonly DiffLine[] }) {
  const parts = foldRows(lines, (line) => line.kind === 'same');
  return (
    <Frame columns={3} parts={parts}>
      {(line) => (
        <tr key={`${line.oldNumber}-${line.newNumber}`}>
          <td className="text-diff-number">{line.oldNumber}</td>
          <td className="text-diff-number">{line.newNumber}</td>
          <Side line={line} />
        </tr>
      )}
    </Frame>
  );
}

function SideBySide({ lines }: { readonly lines: readonly DiffLine[] }) {
  const parts = foldRows(pairLines(lines), ({ before, after }) => before === after);
  return (
    <Frame columns={4} parts={parts}>
      {({ before, after }) => (
        <tr key={`${before?.oldNumber}-${after?.newNumber}`}>
          <td className="text-diff-number">{before?.oldNumber}</td>
          <Side line={before} />
          <td className="text-diff-number">{after?.newNumber}</td>
          <Side line={after} />
        </tr>
      )}
    </Frame>
  );
}

interface FrameProps<Row> {
  readonly columns: 3 | 4;
  readonly parts: readonly Folded<Row>[];
  readonly children: (row: Row) => React.ReactNode;
}

function Frame<Row>({ columns, parts, children }: FrameProps<Row>) {
  const t = useTranslations('ui.diff');
  return (
    <table className="text-diff">
      <colgroup>
        <col className="text-diff-number" />
        {columns === 3 ? <col className="text-diff-number" /> : <col />}
        {columns === 4 && <col className="text-diff-number" />}
        <col />
      </colgroup>
      <tbody>
        {parts.map((part, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts have no name but their place
          <Fragment key={at}>
            {'skipped' in part ? (
              <tr className="text-diff-skip">
                <td colSpan={columns}>{t('same', { count: part.skipped })}</td>
              </tr>
            ) : (
              part.rows.map((row) => children(row))
            )}
          </Fragment>
        ))}
      </tbody>
    </table>
  );
}

/** A minus or a plus stands before the text: the meaning does not hang on the ground's shade. */
function Side({ line }: { readonly line: DiffLine | null }) {
  const t = useTranslations('ui.diff');
  if (line === null) return <td />;
  if (line.kind === 'same') return <td>{`  ${line.text}`}</td>;
  const removed = line.kind === 'removed';
  return (
    <td className={removed ? 'text-diff-removed' : 'text-diff-added'}>
      <span className="sr-only">{removed ? t('old') : t('new')}: </span>
      <span aria-hidden="true">{removed ? '- ' : '+ '}</span>
      {line.text}
    </td>
  );
}
