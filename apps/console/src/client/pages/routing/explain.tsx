'use client';

import type { RouteExplanation, RouteProbe } from '@pgherd/operations';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import type { NodeView } from '../../../shared/live/topics.ts';
import { useMay } from '../../frame/me.tsx';
import { api, failureOf } from '../../live/api.ts';
import { Age } from '../../ui/age.tsx';
import { Button } from '../../ui/button.tsx';
import { CopyCurl } from '../../ui/copy-curl.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Field } from '../../ui/field.tsx';
import { Glyph } from '../../ui/glyph.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Input } from '../../ui/input.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Select } from '../../ui/select.tsx';
import { Textarea } from '../../ui/textarea.tsx';
import { useToast } from '../../ui/toast.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { type Context, ContextFields } from './context.tsx';
import { type Side, textOf } from './sides.ts';
import { destinationOf, nodesOf } from './verdict-model.ts';

export interface RoutingPart {
  readonly cluster: string;
  readonly context: Context;
  readonly onContext: (context: Context) => void;
  readonly sides: readonly Side[];
  readonly nodes: readonly NodeView[];
  readonly stale: boolean;
}

interface ExplainProps extends RoutingPart {
  readonly sql: string;
  readonly onSql: (sql: string) => void;
}

interface Answer {
  readonly sql: string;
  readonly side: string;
  readonly context: Context;
  readonly rows: RouteExplanation['rows'];
  readonly atMs: number;
}

/** One statement: the verdict, the ladder of rules below it, and what the proxy really does. */
export function Explain({ cluster, context, onContext, sides, nodes, stale, sql, onSql }: ExplainProps) {
  const t = useTranslations('routing');
  const ui = useTranslations('ui.button');
  const may = useMay();
  const [side, setSide] = useState('live');
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState('');
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [probe, setProbe] = useState<RouteProbe | null>(null);
  const [probing, setProbing] = useState(false);
  const current = sides.some(({ value }) => value === side) ? side : 'live';

  const explain = async (event?: FormEvent): Promise<void> => {
    event?.preventDefault();
    if (sql.trim() === '' || busy) return;
    setBusy(true);
    setTrouble('');
    setProbe(null);
    try {
      const configuration = await textOf(cluster, current);
      const question = { sql, ...context, ...(configuration === undefined ? {} : { configuration }) };
      const { rows } = await api.herd.explainRoute.query({ cluster, question });
      setAnswer({ sql, side: current, context, rows, atMs: Date.now() });
    } catch (error) {
      setTrouble(failureOf(error).message);
    }
    setBusy(false);
  };
  const ask = async (): Promise<void> => {
    setProbing(true);
    setTrouble('');
    try {
      const { database, application } = context;
      setProbe(await api.herd.probeRoute.mutate({ cluster, sql, database, application }));
    } catch (error) {
      setTrouble(failureOf(error).message);
    }
    setProbing(false);
  };
  const shown = answer;
  return (
    <div className="routing">
      <Panel title={t('question')}>
        <form className="panel-part grid gap-3" onSubmit={(event) => void explain(event)}>
          <Field label={t('sql')} messages={trouble === '' ? [] : [{ kind: 'error', text: trouble }]}>
            {(field) => <Textarea field={field} mono rows={6} value={sql} onChange={onSql} maxLength={100_000} />}
          </Field>
          <ContextFields context={context} onChange={onContext} />
          <Field label={t('goBy')}>
            {(field) => <Select field={field} value={current} options={sides} onChange={setSide} />}
          </Field>
          <div className="flex flex-wrap gap-2">
            <Button kind="primary" type="submit" busy={busy} reason={sql.trim() === '' ? t('noSql') : undefined}>
              {t('explain')}
            </Button>
            <Button
              busy={probing}
              reason={sql.trim() === '' ? t('noSql') : stale ? t('stale') : undefined}
              onClick={() => void ask()}
            >
              {t('ask')}
            </Button>
            <CopyCurl
              call={{
                ...{ method: 'POST', path: `/clusters/${cluster}/routes/explain` },
                body: { question: { sql, ...context } },
              }}
            />
          </div>
          <p className="small muted">{t('askHint')}</p>
        </form>
      </Panel>
      <div className="stack">
        {shown === null && probe === null && (
          <Panel>
            <EmptyState title={t('nothing')}>{t('nothingText')}</EmptyState>
          </Panel>
        )}
        {shown !== null && (
          <>
            <Verdict answer={shown} nodes={nodes} sides={sides} />
            <Ladder answer={shown} />
          </>
        )}
        {probe !== null && <Probe probe={probe} />}
        {shown !== null && (
          <Keep
            cluster={cluster}
            answer={shown}
            reason={may('config.draft', cluster) ? undefined : ui('missingPermission', { permission: 'config.draft' })}
          />
        )}
      </div>
    </div>
  );
}

interface VerdictProps {
  readonly answer: Answer;
  readonly nodes: readonly NodeView[];
  readonly sides: readonly Side[];
}

function Verdict({ answer, nodes, sides }: VerdictProps) {
  const t = useTranslations('routing');
  const format = useFormat();
  const found = destinationOf(answer.rows);
  if (found === null) return null;
  const role = nodes.find(({ id }) => id === found.node)?.role ?? null;
  const [first] = found.shares;
  const title =
    first === undefined
      ? t('verdict.nobody')
      : found.shares.length > 1
        ? t('verdict.pool', { count: found.shares.length })
        : role === 'primary'
          ? t('verdict.primary', { node: String(first.node) })
          : t('verdict.node', { node: String(first.node) });
  return (
    <Panel className="verdict-panel overflow-hidden" label={title}>
      <div className="echo">
        <div className="verdict">
          <div className="min-w-0 flex-1">
            <div className="small quiet">
              {sides.find(({ value }) => value === answer.side)?.label} · <Age atMs={answer.atMs} lateMs={60_000} />
            </div>
            <h2 className="verdict-title">{title}</h2>
            <p className="verdict-text">
              {found.shares.length > 1 && <>{t('verdict.drawn', { node: String(found.node ?? 0) })} </>}
              {t('verdict.because')} <span className="mono">{found.rule}</span>
              {found.value !== '' && (
                <>
                  {': '}
                  <span lang="en">{found.value}</span>
                </>
              )}
            </p>
          </div>
        </div>
      </div>
      {found.shares.length > 1 && (
        <ul className="panel-part shares">
          {found.shares.map(({ node, probability }) => (
            <li key={node}>
              <span>{t('verdict.nodeName', { node: String(node) })}</span>
              <span className="pool-bar" aria-hidden="true">
                <span className="pool-used" style={{ width: `${probability * 100}%` }} />
              </span>
              <span className="text-right">{format.percent(probability)}</span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** Each rule in the order in which it was asked, with what was found; the last one decides. */
function Ladder({ answer }: { readonly answer: Answer }) {
  const t = useTranslations('routing.ladder');
  return (
    <Panel title={t('title')} count={t('count', { count: answer.rows.length })}>
      <ol className="ladder">
        {answer.rows.map((row, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a rule may be asked of several nodes; the place is its name
          <li key={at} data-decides={row.verdict === 'decides' || undefined}>
            {row.verdict === 'decides' ? <Icon name="arrow" /> : <Icon name="check" />}
            <span className="mono">{row.rule}</span>
            <span lang="en">{row.value}</span>
            <span className="quiet">{row.node === null ? '' : t('node', { node: String(row.node) })}</span>
            <span className={row.verdict === 'decides' ? 'font-semibold' : 'quiet'}>{t(row.verdict)}</span>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function Probe({ probe }: { readonly probe: RouteProbe }) {
  const t = useTranslations('routing.probe');
  const format = useFormat();
  const { node, agrees, predicted, error, rows, tookMs } = probe;
  return (
    <Panel title={t('title')} end={<span className="quiet">{format.duration(tookMs)}</span>}>
      <div className="panel-part grid gap-2">
        <p className="flex items-start gap-2">
          <Glyph kind={error !== null ? 'down' : agrees ? 'ok' : 'degraded'} />
          <span className="font-semibold">
            {error !== null
              ? t('error')
              : node === null
                ? t('nobody')
                : agrees
                  ? t('agrees', { node: String(node) })
                  : t('differs', { node: String(node), predicted: nodesOf(predicted).join(', ') })}
          </span>
        </p>
        {error !== null ? (
          <pre className="error-raw" lang="en">
            {error}
          </pre>
        ) : (
          <p className="muted">{t('rows', { count: rows })}</p>
        )}
      </div>
    </Panel>
  );
}

interface KeepProps {
  readonly cluster: string;
  readonly answer: Answer;
  readonly reason: string | undefined;
}

/** Keeps the statement with the nodes that it goes to now: each draft is looked at by it. */
function Keep({ cluster, answer, reason }: KeepProps) {
  const t = useTranslations('routing.keep');
  const toast = useToast();
  const [name, setName] = useState('');
  const [busy, setBusy] = useState(false);
  const expected = nodesOf(destinationOf(answer.rows) ?? { shares: [] });
  const question = { sql: answer.sql, ...answer.context };
  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (name.trim() === '' || reason !== undefined) return;
    setBusy(true);
    try {
      await api.config.cases.save.mutate({ cluster, name, question, expected: [...expected] });
      toast({ kind: 'ok', text: t('kept', { name }) });
      setName('');
    } catch (error) {
      toast({ kind: 'down', text: failureOf(error).message });
    }
    setBusy(false);
  };
  return (
    <Panel title={t('title')}>
      <form className="panel-part routing-keep" onSubmit={(event) => void save(event)}>
        <Field label={t('name')} hint={t('hint', { nodes: [...expected].sort((a, b) => a - b).join(', ') })}>
          {(field) => <Input field={field} value={name} onChange={setName} />}
        </Field>
        <Button type="submit" busy={busy} reason={reason ?? (name.trim() === '' ? t('noName') : undefined)}>
          {t('save')}
        </Button>
      </form>
    </Panel>
  );
}
