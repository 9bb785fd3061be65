'use client';
/** In one look: is the herd well, does it run what was asked for, and what should be done next. */
import dynamic from 'next/dynamic';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import type { CSSProperties } from 'react';
import { type ClusterStatus, LOCK_AFTER_MS, type MetricsPoint, STALE_AFTER_MS } from '../../../shared/live/topics.ts';
import { topologyFacts } from '../../herd/topology-facts.ts';
import { configurationKind, roleOf } from '../../herd/words.ts';
import { useTopic } from '../../live/live.tsx';
import { Age } from '../../ui/age.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { LinkButton } from '../../ui/link-button.tsx';
import { Panel, PanelPart } from '../../ui/panel.tsx';
import { RoleBadge } from '../../ui/role-badge.tsx';
import { Skeleton, SkeletonBlock } from '../../ui/skeleton.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { Strip, type StripCell } from '../../ui/strip.tsx';
import { Topology } from '../../ui/topology.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useNow } from '../../ui/use-now.ts';
import { Verdict } from '../../ui/verdict.tsx';
import { LastEvents } from './last-events.tsx';
import { Problems } from './problems.tsx';

const Charts = dynamic(() => import('./charts.tsx').then((module) => module.Charts), {
  ssr: false,
  loading: () => <ChartsPlace />,
});

const EVENTS_SHOWN = 10;

export function Overview({ cluster }: { readonly cluster: string }) {
  const t = useTranslations('overview');
  const status = useTopic(cluster, 'status');
  const metrics = useTopic(cluster, 'metrics');
  const events = useTopic(cluster, 'events');
  const base = `/c/${encodeURIComponent(cluster)}`;
  const now = useNow();
  if (status.refused !== null) return <EmptyState title={t('forbidden')}>{status.refused.message}</EmptyState>;
  const { data } = status;
  const stale = now !== null && status.sourceAt !== null && now - status.sourceAt > STALE_AFTER_MS;
  const lastKnown = now !== null && status.sourceAt !== null && now - status.sourceAt > LOCK_AFTER_MS;
  if (data === null) return <OverviewSkeleton />;
  const shown = (events.data ?? []).slice(-EVENTS_SHOWN).toReversed();
  return (
    <div className={stale ? 'stale-page' : undefined}>
      <h1 className="sr-only">{t('title')}</h1>
      <div className="flex flex-col gap-4">
        <Head status={data} base={base} lastKnown={lastKnown} />
        <div className="columns" style={{ '--columns': 'minmax(0, 1fr) 480px' } as CSSProperties}>
          <Problems status={data} base={base} sourceAt={status.sourceAt} />
          <Herd status={data} base={base} />
        </div>
        {metrics.data === null || metrics.data.length === 0 ? (
          <ChartsPlace />
        ) : (
          <Charts points={metrics.data as readonly MetricsPoint[]} status={data} events={events.data ?? []} />
        )}
        <div className="columns" style={{ '--columns': 'minmax(0, 1fr) 480px' } as CSSProperties}>
          <Panel
            title={t('events')}
            end={
              <Link className="link small" href={`${base}/events`}>
                {t('allEvents')}
              </Link>
            }
          >
            {events.data === null ? (
              <Skeleton what={t('events')} />
            ) : shown.length === 0 ? (
              <EmptyState title={t('noEvents')} />
            ) : (
              <LastEvents events={shown} />
            )}
          </Panel>
          <Running status={data} base={base} />
        </div>
      </div>
    </div>
  );
}

function Head({
  status,
  base,
  lastKnown,
}: {
  readonly status: ClusterStatus;
  readonly base: string;
  readonly lastKnown: boolean;
}) {
  const t = useTranslations('overview');
  const verdict = useTranslations('verdict');
  const words = useTranslations('words');
  const { key, values } = status.verdict;
  const format = useFormat();
  const nodes = status.nodes.filter(({ health }) => health !== 'ok');
  const [worst] = nodes;
  const act = nextAct(status, base);
  const cells: StripCell[] = [
    {
      label: t('strip.configuration'),
      value:
        status.configuration.state === null ? (
          <span className="quiet">{t('strip.notImported')}</span>
        ) : (
          <StatusWord kind={configurationKind(status.configuration.state)} />
        ),
      note:
        status.configuration.wantedNumber === null
          ? t('strip.importHint')
          : t('strip.version', { number: status.configuration.wantedNumber }),
      href: status.configuration.state === 'drifted' ? `${base}/config/drift` : `${base}/config`,
    },
    {
      label: t('strip.primarySince'),
      value: <Since at={status.primarySince} />,
      note: primaryNote(status, (node) => t('node', { node })),
      href: `${base}/nodes`,
    },
    {
      label: t('strip.sessions'),
      value: (
        <>
          {format.number(status.sessions.used)}{' '}
          <span className="quiet font-normal">/ {format.number(status.sessions.max)}</span>
        </>
      ),
      note: t('strip.inUse', {
        share: format.percent(status.sessions.max === 0 ? 0 : status.sessions.used / status.sessions.max),
      }),
      href: `${base}/sessions`,
    },
    {
      label: t('strip.worstLag'),
      value:
        status.worstLag === null ? (
          <span className="quiet">{t('strip.noStandby')}</span>
        ) : (
          lagValue(status.worstLag, format)
        ),
      note: status.worstLag === null ? undefined : t('node', { node: status.worstLag.node }),
      href: status.worstLag === null ? `${base}/nodes` : `${base}/nodes/${status.worstLag.node}`,
    },
    {
      label: t('strip.lastChange'),
      value:
        status.configuration.lastChange === null ? (
          <span className="quiet">{t('strip.noChange')}</span>
        ) : (
          t('strip.version', { number: status.configuration.lastChange.number })
        ),
      note:
        status.configuration.lastChange === null
          ? undefined
          : t('strip.by', {
              time: format.minute(Date.parse(status.configuration.lastChange.at)),
              name: status.configuration.lastChange.by,
            }),
      href: `${base}/config/history`,
    },
  ];
  return (
    <Panel label={t('state')} className="verdict-panel">
      <Verdict
        kind={lastKnown ? 'unknown' : status.health}
        title={verdict(`${key}.title`, values)}
        {...(lastKnown ? { since: t('lastKnown') } : {})}
        acts={
          act === null ? undefined : (
            <LinkButton kind="primary" href={act.href}>
              {t(`next.${act.key}`, act.values)}
            </LinkButton>
          )
        }
      >
        {verdict(`${key}.text`, { ...values, health: words(`health.${worst?.health ?? 'ok'}`) })}
      </Verdict>
      <Strip cells={cells.map((cell) => ({ ...cell, stale: lastKnown }))} />
    </Panel>
  );
}

function Since({ at }: { readonly at: string | null }) {
  const t = useTranslations('overview');
  const format = useFormat();
  const now = useNow();
  if (at === null) return <span className="quiet">{t('strip.unknown')}</span>;
  return <time dateTime={at}>{now === null ? '' : format.roughDuration(Math.max(0, now - Date.parse(at)))}</time>;
}

const primaryNote = ({ primary, nodes }: ClusterStatus, nodeWord: (id: number) => string): string | undefined => {
  const found = nodes.find(({ id }) => id === primary);
  return found === undefined ? undefined : `${nodeWord(found.id)}, ${found.hostname}:${found.port}`;
};

function lagValue(lag: NonNullable<ClusterStatus['worstLag']>, format: ReturnType<typeof useFormat>): string {
  return lag.ms !== null ? format.duration(lag.ms) : format.bytes(lag.bytes ?? 0);
}

interface NextAct {
  readonly key: 'openNode' | 'openProxies' | 'openOperation';
  readonly values: Record<string, number>;
  readonly href: string;
}

/** The one thing that a person would do now; null when there is nothing to do. */
function nextAct(status: ClusterStatus, base: string): NextAct | null {
  const [running] = status.running;
  if (running !== undefined)
    return { key: 'openOperation', values: {}, href: `${base}/ops/${encodeURIComponent(running.id)}` };
  const node =
    status.nodes.find(({ health }) => health === 'down') ??
    status.nodes.find(({ health }) => health === 'degraded' || health === 'out');
  if (node !== undefined) return { key: 'openNode', values: { node: node.id }, href: `${base}/nodes/${node.id}` };
  if (status.proxies.some(({ connection }) => connection === 'lost'))
    return { key: 'openProxies', values: {}, href: '/settings/clusters' };
  return null;
}

function Herd({ status, base }: { readonly status: ClusterStatus; readonly base: string }) {
  const t = useTranslations('overview');
  const facts = topologyFacts(status, null, {
    clients: t('clients'),
    node: (id) => t('node', { node: id }),
    lag: () => '',
    nodeFacts: () => [],
    proxyFacts: () => [],
  });
  return (
    <>
      <Panel
        className="only-desk"
        title={t('topology')}
        count={<span className="small">{t('topologyNote')}</span>}
        end={
          <Link className="link small" href={`${base}/topology`}>
            {t('open')}
          </Link>
        }
      >
        <Topology facts={facts} small />
      </Panel>
      <Panel className="only-phone" title={t('nodes')}>
        {status.nodes.map((node) => (
          <PanelPart key={node.id} className="flex items-center justify-between gap-2">
            <Link href={`${base}/nodes/${node.id}`} className="min-w-0">
              <b>{t('node', { node: node.id })}</b> <RoleBadge measured={roleOf(node)} />
            </Link>
            <StatusWord kind={node.health} />
          </PanelPart>
        ))}
      </Panel>
    </>
  );
}

function Running({ status, base }: { readonly status: ClusterStatus; readonly base: string }) {
  const t = useTranslations('overview');
  const acts = useTranslations('frame.acts');
  return (
    <Panel
      title={t('operations')}
      end={
        <Link className="link small" href={`${base}/ops`}>
          {t('history')}
        </Link>
      }
    >
      <PanelPart className="flex flex-col gap-3">
        {status.running.length === 0 ? (
          <p>{t('nothingRuns')}</p>
        ) : (
          status.running.map((operation) => (
            <p key={`${operation.proxy}:${operation.id}`} className="flex items-center gap-2">
              <StatusWord kind="changing" />
              <Link className="link" href={`${base}/ops/${encodeURIComponent(operation.id)}`}>
                {acts(operation.act, { node: operation.node === null ? '' : String(operation.node) })}
              </Link>
              <span className="quiet small">
                <Age atMs={Date.parse(operation.startedAt)} lateMs={Number.POSITIVE_INFINITY} />
              </span>
            </p>
          ))
        )}
        <div className="flex flex-wrap gap-2">
          <LinkButton href={`${base}/ops/new/switchover`}>{t('switchOver')}</LinkButton>
          <LinkButton href={`${base}/ops/new/recover`}>{t('recover')}</LinkButton>
        </div>
      </PanelPart>
    </Panel>
  );
}

function ChartsPlace() {
  const t = useTranslations('overview');
  return (
    <div className="columns" style={{ '--columns': 'repeat(4, minmax(0, 1fr))' } as CSSProperties}>
      {(['sessions', 'statements', 'lag', 'errors'] as const).map((chart) => (
        <Panel key={chart} label={t(`charts.${chart}`)}>
          <SkeletonBlock what={t(`charts.${chart}`)} height={136} />
        </Panel>
      ))}
    </div>
  );
}

function OverviewSkeleton() {
  const t = useTranslations('overview');
  return (
    <div className="flex flex-col gap-4">
      <h1 className="sr-only">{t('title')}</h1>
      <Panel label={t('state')}>
        <SkeletonBlock what={t('state')} height={150} />
      </Panel>
      <div className="columns" style={{ '--columns': 'minmax(0, 1fr) 480px' } as CSSProperties}>
        <Panel title={t('problems')}>
          <Skeleton what={t('problems')} rows={4} />
        </Panel>
        <Panel title={t('topology')}>
          <SkeletonBlock what={t('topology')} height={236} />
        </Panel>
      </div>
      <ChartsPlace />
    </div>
  );
}
