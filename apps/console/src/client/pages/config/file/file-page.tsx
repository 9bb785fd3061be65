'use client';

import dynamic from 'next/dynamic';
import { useTranslations } from 'next-intl';
import { useEffect, useMemo, useRef, useState } from 'react';
import { splitName } from '../../../../shared/config/changes.ts';
import { useQueryParam } from '../../../live/use-query-param.ts';
import { ContextChip } from '../../../ui/context-chip.tsx';
import { ErrorPanel } from '../../../ui/error-panel.tsx';
import { LinkButton } from '../../../ui/link-button.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { SkeletonBlock } from '../../../ui/skeleton.tsx';
import { usePhone } from '../../../ui/use-phone.ts';
import { ConfigFrame } from '../config-frame.tsx';
import { Findings, sentenceOf } from '../review/findings.tsx';
import { useDesk, useEditLock, useRoom } from '../room.tsx';
import { allowedIn, effectOf, withUnit } from '../values.ts';
import type { LineFinding } from './editor.tsx';
import { lineOf, nameAt } from './lines.ts';

const Editor = dynamic(() => import('./editor.tsx'), { ssr: false, loading: () => <EditorShape /> });

function EditorShape() {
  const t = useTranslations('config.file');
  return <SkeletonBlock what={t('editor')} height={480} />;
}

/** How long after the last key the proxies are asked what they think of the text, ms. */
const LOOK_AFTER_MS = 900;

/** The exact text of the draft: the form and this page edit the same one. */
export function FilePage({ file }: { readonly file: 'pgpool.conf' | 'pool_hba.conf' }) {
  const t = useTranslations('config.file');
  const { desk, check, runCheck, wanted } = useRoom();
  const { files } = useDesk();
  const lock = useEditLock();
  const phone = usePhone();
  const [name, setName] = useQueryParam('p');
  const text = files === null ? null : (files[file] ?? '');

  // The proxies' lint, a moment after the last key.
  useEffect(() => {
    if (files === null || check.of === files) return;
    const timer = setTimeout(() => runCheck(files), LOOK_AFTER_MS);
    return () => clearTimeout(timer);
  }, [files, check.of, runCheck]);

  const findings = useMemo<readonly LineFinding[]>(() => {
    const seen = new Map<string, LineFinding>();
    for (const { check: found } of check.of === files ? (check.result?.proxies ?? []) : []) {
      for (const one of found?.findings ?? []) {
        if (one.line === 0 || !one.file.endsWith(file)) continue;
        const message =
          one.allowed === null ? sentenceOf(one) : `${sentenceOf(one)} (${t('allowed', { allowed: one.allowed })})`;
        seen.set(`${one.line} ${message}`, { line: one.line, severity: one.severity, message });
      }
    }
    return [...seen.values()];
  }, [check, files, file, t]);

  // A link to a parameter puts the cursor on its line, once.
  const asked = useRef(name);
  const known = text !== null;
  const [goTo, setGoTo] = useState<{ readonly line: number } | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the text that was there first is looked through
  useEffect(() => {
    if (!known || asked.current === '' || file !== 'pgpool.conf') return;
    const line = lineOf(text, asked.current);
    asked.current = '';
    if (line !== null) setGoTo({ line });
  }, [known]);

  return (
    <ConfigFrame edits>
      {wanted.failure !== null && text === null && (
        <ErrorPanel what={file} raw={wanted.failure.message} onRetry={wanted.reload} />
      )}
      {phone && <p className="muted">{t('phone')}</p>}
      {lock?.why !== 'notImported' && (
        <div className="file-layout">
          <Panel title={file} count={text === null ? undefined : t('lines', { count: text.split('\n').length })}>
            {text === null ? (
              <EditorShape />
            ) : (
              <Editor
                label={t('textOf', { file })}
                language={file}
                text={text}
                readOnly={lock !== null || phone}
                findings={findings}
                goTo={goTo}
                onChange={(next) => desk.edit({ [file]: next })}
                onLine={(line) => {
                  if (file === 'pgpool.conf') setName(nameAt(desk.state.files?.[file] ?? '', line) ?? '');
                }}
              />
            )}
          </Panel>
          <div className="stack">
            {file === 'pgpool.conf' ? <ParameterHere name={name} /> : <HbaHelp />}
            <Findings check={check} onAgain={() => files !== null && runCheck(files)} />
          </div>
        </div>
      )}
    </ConfigFrame>
  );
}

/** What the table says of the parameter under the cursor. */
function ParameterHere({ name }: { readonly name: string }) {
  const t = useTranslations('config.file');
  const form = useTranslations('config.form');
  const { base, byName, running } = useRoom();
  const facts = byName.get(splitName(name, byName).base);
  if (name === '' || facts === undefined) {
    return (
      <Panel title={t('here')}>
        <p className="panel-part muted">{name === '' ? t('nowhere') : t('unknown', { name })}</p>
      </Panel>
    );
  }
  const runs = (running.data ?? []).flatMap(({ proxy, parameters }) => {
    const found = parameters.find((one) => one.name === name);
    return found === undefined ? [] : [{ proxy, value: withUnit(facts, found.value) }];
  });
  return (
    <Panel title={<span className="mono">{name}</span>} end={<ContextChip effect={effectOf(facts.effect)} />}>
      <div className="panel-part grid gap-2">
        <p lang="en">{facts.doc}</p>
        <p className="small muted">{t('allowed', { allowed: allowedIn(facts) })}</p>
        <p className="small muted">{form('default', { value: withUnit(facts, facts.default) })}</p>
        {runs.map(({ proxy, value }) => (
          <p key={proxy} className="small muted">
            {form('runs', { proxy, value })}
          </p>
        ))}
        <LinkButton small href={`${base}/config?q=${encodeURIComponent(facts.name)}`}>
          {t('toForm')}
        </LinkButton>
      </div>
    </Panel>
  );
}

function HbaHelp() {
  const t = useTranslations('config.file');
  return (
    <Panel title={t('hbaTitle')}>
      <div className="panel-part grid gap-2">
        <p>{t('hbaText')}</p>
        <p className="mono small">{t('hbaShape')}</p>
      </div>
    </Panel>
  );
}
