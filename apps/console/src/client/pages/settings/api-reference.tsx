'use client';
/** The REST API, rendered from its own OpenAPI document: grouped, searchable, each with the call as curl. */
import { usePathname, useRouter, useSearchParams } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useMemo } from 'react';
import { useAsk } from '../../live/use-ask.ts';
import { Button } from '../../ui/button.tsx';
import { CopyCurl, curlOf } from '../../ui/copy-curl.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { LinkButton } from '../../ui/link-button.tsx';
import { Panel } from '../../ui/panel.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { type Call, callsOf, type Document, found, GROUPS } from './api-model.ts';

async function readDocument(): Promise<Document> {
  const answer = await fetch('/api/v1/openapi.json', { signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  return (await answer.json()) as Document;
}

export function ApiReference() {
  const t = useTranslations('settings.api');
  const router = useRouter();
  const pathname = usePathname();
  const query = useSearchParams().get('q') ?? '';
  const { data, failure, reload } = useAsk('openapi', readDocument);
  const calls = useMemo(() => (data === null ? null : callsOf(data, (type) => t(`type.${type}`))), [data, t]);
  const set = (text: string): void =>
    router.replace(text === '' ? pathname : `${pathname}?q=${encodeURIComponent(text)}`, { scroll: false });
  if (data === null && failure !== null) return <ErrorPanel what={t('what')} raw={failure.message} onRetry={reload} />;
  const shown = calls === null ? null : found(calls, query);
  return (
    <>
      <div className="page-head">
        <p className="muted min-w-0 flex-1">{t('text')}</p>
        <SearchField label={t('search')} value={query} onChange={set} />
        <LinkButton href="/settings/tokens">{t('token')}</LinkButton>
        <a className="button" href="/api/v1/openapi.json" target="_blank" rel="noreferrer">
          {t('document')}
        </a>
      </div>
      {shown === null ? (
        <Panel title={t('title')}>
          <Skeleton what={t('what')} rows={10} />
        </Panel>
      ) : shown.length === 0 ? (
        <Panel title={t('title')}>
          <EmptyState title={t('none', { query })} act={<Button onClick={() => set('')}>{t('showAll')}</Button>}>
            {t('noneText')}
          </EmptyState>
        </Panel>
      ) : (
        GROUPS.map((group) => {
          const part = shown.filter((call) => call.group === group);
          if (part.length === 0) return null;
          return (
            <Panel key={group} title={t(`group.${group}`)} count={part.length}>
              {part.map((call) => (
                <CallDetails key={call.id} call={call} />
              ))}
            </Panel>
          );
        })
      )}
    </>
  );
}

function CallDetails({ call }: { readonly call: Call }) {
  const t = useTranslations('settings.api');
  const { method, path, doc, permission, inputs, example } = call;
  const place = { path: t('inPath'), query: t('inQuery'), body: t('inBody') } as const;
  const open = ['signedIn', 'public', 'admin'].includes(permission);
  const rest = { method, ...example };
  return (
    <details className="panel-part">
      <summary className="flex flex-wrap items-baseline gap-x-3">
        <code className="w-16 font-semibold">{method}</code>
        <code className="min-w-0 break-all">{path}</code>
        <span className="small quiet ml-auto">{open ? t('needsSignIn') : t('needs', { permission })}</span>
        <span className="small muted w-full">{doc}</span>
      </summary>
      <div className="mt-2 flex flex-col gap-2">
        {inputs.length > 0 && (
          <dl className="fact-list fact-list-3">
            {inputs.flatMap(({ name, place: at, required, type }) => [
              <dt key={`${name} t`}>
                <code>{name}</code>
              </dt>,
              <dd key={`${name} y`} className="break-words">
                {type}
              </dd>,
              <dd key={`${name} p`} className="quiet">
                {place[at]}
                {required && `, ${t('required')}`}
              </dd>,
            ])}
          </dl>
        )}
        <pre className="error-raw">{curlOf(rest)}</pre>
        <div>
          <CopyCurl call={rest} small />
        </div>
      </div>
    </details>
  );
}
