'use client';

import type { RouteComparison, RouteVerdict } from '@pgherd/operations';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { api, failureOf } from '../../live/api.ts';
import { Button } from '../../ui/button.tsx';
import { CopyCurl } from '../../ui/copy-curl.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Field } from '../../ui/field.tsx';
import { FilterPill } from '../../ui/filter-pill.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Select } from '../../ui/select.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { Textarea } from '../../ui/textarea.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { ContextFields } from './context.tsx';
import type { RoutingPart } from './explain.tsx';
import { textOf } from './sides.ts';
import { statementsIn } from './verdict-model.ts';

const MOST = 200;

/** Many statements by what runs and by a draft or version: what would go elsewhere. */
export function Batch({ cluster, context, onContext, sides }: RoutingPart) {
  const t = useTranslations('routing.batch');
  const routing = useTranslations('routing');
  const [text, setText] = useState('');
  const [side, setSide] = useState('');
  const [all, setAll] = useState(false);
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState('');
  const [found, setFound] = useState<readonly RouteComparison[] | null>(null);
  const others = sides.filter(({ value }) => value !== 'live');
  const current = others.some(({ value }) => value === side) ? side : (others[0]?.value ?? '');
  const statements = statementsIn(text);
  const changed = found?.filter((one) => one.changed) ?? [];
  const compare = async (): Promise<void> => {
    setBusy(true);
    setTrouble('');
    try {
      const configuration = (await textOf(cluster, current)) ?? '';
      setFound(await api.herd.compareRoutes.query({ cluster, statements, ...context, configuration }));
    } catch (error) {
      setTrouble(failureOf(error).message);
    }
    setBusy(false);
  };
  const columns: readonly Column<RouteComparison & { readonly key: string }>[] = [
    {
      id: 'sql',
      head: t('statement'),
      cell: ({ sql }) => <span className="mono">{sql}</span>,
      wrap: true,
      card: 'head',
    },
    { id: 'running', head: t('running'), cell: ({ running }) => <Where verdict={running} />, wrap: true },
    { id: 'draft', head: t('other'), cell: ({ draft }) => <Where verdict={draft} />, wrap: true },
    {
      id: 'changed',
      head: t('change'),
      width: '120px',
      cell: (one) => (one.changed ? <b>{t('moves')}</b> : <span className="quiet">{t('stays')}</span>),
      card: 'status',
    },
  ];
  const rows = (all ? (found ?? []) : changed).map((one, at) => ({ ...one, key: String(at) }));
  return (
    <div className="routing">
      <Panel title={t('title')}>
        <div className="panel-part grid gap-3">
          <Field
            label={t('statements')}
            hint={t('hint', { count: statements.length, max: String(MOST) })}
            messages={trouble === '' ? [] : [{ kind: 'error', text: trouble }]}
          >
            {(field) => <Textarea field={field} mono rows={10} value={text} onChange={setText} />}
          </Field>
          <ContextFields context={context} onChange={onContext} />
          <Field label={t('with')}>
            {(field) => <Select field={field} value={current} options={others} onChange={setSide} />}
          </Field>
          <div className="flex flex-wrap gap-2">
            <Button
              kind="primary"
              busy={busy}
              reason={
                statements.length === 0
                  ? routing('noSql')
                  : statements.length > MOST
                    ? t('tooMany', { max: String(MOST) })
                    : current === ''
                      ? t('noSide')
                      : undefined
              }
              onClick={() => void compare()}
            >
              {t('compare', { count: statements.length })}
            </Button>
            <CopyCurl
              call={{
                ...{ method: 'POST', path: `/clusters/${cluster}/routes/compare` },
                body: { statements, ...context, configuration: '…' },
              }}
            />
          </div>
        </div>
      </Panel>
      <Panel
        title={t('result')}
        {...(found === null ? {} : { count: t('moved', { count: changed.length, total: String(found.length) }) })}
        end={
          found === null ? undefined : (
            <FilterPill pressed={all} onPress={() => setAll(!all)}>
              {t('showAll')}
            </FilterPill>
          )
        }
      >
        {busy && found === null ? (
          <Skeleton what={t('result')} rows={4} />
        ) : found === null ? (
          <EmptyState title={t('nothing')}>{t('nothingText')}</EmptyState>
        ) : (
          <DataTable
            label={t('result')}
            columns={columns}
            rows={rows}
            rowKey={({ key }) => key}
            empty={<EmptyState title={t('none')}>{t('noneText')}</EmptyState>}
          />
        )}
      </Panel>
    </div>
  );
}

function Where({ verdict }: { readonly verdict: RouteVerdict }) {
  const t = useTranslations('routing.batch');
  const format = useFormat();
  if (verdict.error !== null) return <span lang="en">{verdict.error}</span>;
  const places = verdict.shares.map(({ node, probability }) =>
    verdict.shares.length === 1
      ? t('node', { node: String(node) })
      : t('nodeShare', { node: String(node), share: format.percent(probability) }),
  );
  return (
    <>
      <span className="block">{places.length === 0 ? t('nobody') : places.join(', ')}</span>
      <span className="small quiet mono block">{verdict.rule}</span>
    </>
  );
}
