'use client';

import { useTranslations } from 'next-intl';
import type { ReactNode } from 'react';
import { Age } from '../../../ui/age.tsx';
import { Button } from '../../../ui/button.tsx';
import { Glyph } from '../../../ui/glyph.tsx';
import { Icon } from '../../../ui/icon.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { Skeleton } from '../../../ui/skeleton.tsx';
import type { Checked } from '../answers.ts';
import type { CheckOfText } from '../room.tsx';

interface Line {
  readonly key: string;
  readonly kind: 'fail' | 'warn' | 'pass' | 'info';
  readonly title: ReactNode;
  readonly note?: ReactNode;
}

/** The name leads the sentence, as in the proxy's log. */
export const sentenceOf = ({ name, message }: { readonly name: string | null; readonly message: string }): string =>
  name === null || message.startsWith(name) ? message : `${name} ${message}`;

/** Everything that the proxies say of a text, the worst first. */
export function useFindings(checked: Checked | null): readonly Line[] {
  const t = useTranslations('config.checks');
  if (checked === null) return [];
  const lines: Line[] = [];
  const seen = new Set<string>();
  const add = (line: Line): void => {
    if (seen.has(line.key)) return;
    seen.add(line.key);
    lines.push(line);
  };
  for (const { proxy, check, error } of checked.proxies) {
    if (check === null) {
      add({ key: `silent ${proxy}`, kind: 'fail', title: t('noAnswer', { proxy }), note: error });
      continue;
    }
    for (const { severity, file, line, message, allowed, name } of check.findings) {
      const where = line === 0 ? file : t('line', { file, line: String(line) });
      add({
        key: `finding ${file} ${line} ${message}`,
        kind: severity === 'error' ? 'fail' : severity === 'warning' ? 'warn' : 'info',
        title: <span lang="en">{sentenceOf({ name, message })}</span>,
        note: [where, ...(allowed === null ? [] : [t('allowed', { allowed })])].join(' · '),
      });
    }
    const refused = check.changes.filter((change) => change.refused).map(({ name }) => name);
    if (refused.length > 0)
      add({
        key: `refused ${refused}`,
        kind: 'fail',
        title: t('refused', { names: refused.join(', ') }),
        note: t('refusedNote'),
      });
    if (check.missingSecrets.length > 0) {
      const names = check.missingSecrets.join(', ');
      add({
        key: `secrets ${names}`,
        kind: 'fail',
        title: t('missingSecrets', { names }),
        note: t('missingSecretsNote'),
      });
    }
    for (const { name, similar, line } of check.unknown) {
      add({
        key: `unknown ${name}`,
        kind: 'warn',
        title: t('unknown', { name, line: String(line) }),
        ...(similar === null ? {} : { note: t('similar', { name: similar }) }),
      });
    }
    for (const { name, to } of check.renamed)
      add({ key: `renamed ${name}`, kind: 'info', title: t('renamed', { name, to }) });
    for (const { node, host, port, ok, detail } of check.nodeTests) {
      add({
        key: `node ${proxy} ${node}`,
        kind: ok ? 'pass' : 'fail',
        title: ok
          ? t('nodeOk', { node: String(node), place: `${host}:${port}`, proxy })
          : t('nodeBad', { node: String(node), place: `${host}:${port}`, proxy }),
        note: <span lang="en">{detail}</span>,
      });
    }
  }
  // Of a text that nobody can use no route can be told.
  const usable = checked.proxies.some(({ check }) => check?.findings.every(({ severity }) => severity !== 'error'));
  const failing = usable ? checked.cases.filter(({ passes }) => !passes) : [];
  for (const { id, name, expected, found, error } of failing) {
    const nodes = found?.shares.map(({ node }) => node) ?? [];
    add({
      key: `case ${id}`,
      kind: 'fail',
      title: t('caseFails', { name }),
      note: error ?? t('caseNote', { expected: expected.join(', '), found: nodes.join(', ') }),
    });
  }
  if (usable && checked.cases.length > 0 && failing.length === 0)
    add({ key: 'cases', kind: 'pass', title: t('casesPass', { count: checked.cases.length }) });
  const accepting = checked.proxies.filter(({ check }) => check?.ok === true).map(({ proxy }) => proxy);
  if (accepting.length > 0)
    add({ key: 'accept', kind: 'pass', title: t('accepted', { proxies: accepting.join(', ') }), note: t('dryRun') });
  const RANK = { fail: 0, warn: 1, info: 2, pass: 3 };
  return lines.sort((a, b) => RANK[a.kind] - RANK[b.kind]);
}

/** The panel of checks: what does not pass is loud, the rest is quiet. */
export function Findings({ check, onAgain }: { readonly check: CheckOfText; readonly onAgain: () => void }) {
  const t = useTranslations('config.checks');
  const lines = useFindings(check.result);
  return (
    <Panel
      title={t('title')}
      end={
        <>
          {check.atMs !== null && <Age atMs={check.atMs} lateMs={600_000} />}
          <Button small busy={check.busy} onClick={onAgain}>
            {check.busy ? t('busy') : t('again')}
          </Button>
        </>
      }
    >
      {check.failure !== null && (
        <p className="panel-part flex gap-2" role="alert">
          <Glyph kind="down" />
          <span>{t('failed', { why: check.failure })}</span>
        </p>
      )}
      {check.result === null && check.busy && <Skeleton what={t('title')} rows={3} />}
      <ul className="panel-part grid gap-3" aria-busy={check.busy || undefined}>
        {lines.map(({ key, kind, title, note }) => (
          <li key={key} className="flex items-start gap-2">
            {kind === 'pass' ? (
              <Icon name="check" />
            ) : kind === 'info' ? (
              <Icon name="next" />
            ) : (
              <Glyph kind={kind === 'fail' ? 'down' : 'degraded'} />
            )}
            <div className="min-w-0">
              <div className={kind === 'fail' || kind === 'warn' ? 'font-semibold' : ''}>{title}</div>
              {note !== undefined && <div className="small muted">{note}</div>}
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
