'use client';
/** The selected session: who it is, and what its server processes do by pg_stat_activity. */
import { useTranslations } from 'next-intl';
import { Fragment, type ReactNode } from 'react';
import type { SessionView } from '../../../shared/live/topics.ts';
import { useMay } from '../../frame/me.tsx';
import { api } from '../../live/api.ts';
import { useAsk } from '../../live/use-ask.ts';
import { Age } from '../../ui/age.tsx';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Panel, PanelPart } from '../../ui/panel.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useNow } from '../../ui/use-now.ts';

const ACTIVITY_EVERY_MS = 2_000;

interface SessionPanelProps {
  readonly cluster: string;
  /** Null: it has ended. */
  readonly session: SessionView | null;
  readonly acts: ReactNode;
  readonly onClose: () => void;
}

export function SessionPanel({ cluster, session, acts, onClose }: SessionPanelProps) {
  const t = useTranslations('sessions');
  const words = useTranslations('words');
  const may = useMay();
  const format = useFormat();
  const title = session === null ? t('detail.left') : `${session.user}@${session.database}`;
  const close = (
    <Button kind="quiet" className="button-icon" icon="close" label={t('detail.close')} onClick={onClose}>
      {null}
    </Button>
  );
  if (session === null) {
    return (
      <Panel as="aside" title={title} end={close}>
        <EmptyState title={t('detail.left')}>{t('detail.leftText')}</EmptyState>
      </Panel>
    );
  }
  const at = (instant: string): string => format.fullInstant(Date.parse(instant));
  const nodeName = (id: number): string => words('nodeName', { id: String(id) });
  const rows: readonly (readonly [string, string])[] = [
    [t('column.application'), session.application],
    [t('column.proxy'), session.proxy],
    [t('detail.address'), `${session.host}:${session.port}`],
    [t('column.state'), session.state],
    [t('detail.state'), at(session.stateChangedAt)],
    [t('detail.transaction'), session.transactionStartedAt === null ? '' : at(session.transactionStartedAt)],
    [t('detail.connected'), at(session.connectedAt)],
    [t('detail.reads'), nodeName(session.readNode)],
    [t('detail.lastNodes'), session.lastNodes.map(nodeName).join(', ')],
    [t('column.worker'), String(session.workerPid)],
    [t('detail.protocol'), session.protocol.join('.')],
  ];
  return (
    <Panel as="aside" title={<span className="break-words">{title}</span>} end={close}>
      <PanelPart>
        <dl className="fact-list">
          {rows
            .filter(([, value]) => value !== '')
            .map(([label, value]) => (
              <Fragment key={label}>
                <dt>{label}</dt>
                <dd className="break-words">{value}</dd>
              </Fragment>
            ))}
        </dl>
      </PanelPart>
      <PanelPart>
        <h3>{t('detail.statement')}</h3>
        {may('view.sql', cluster) ? (
          <pre className="error-raw">{session.statement}</pre>
        ) : (
          <p className="muted">{t('detail.noSql', { permission: 'view.sql' })}</p>
        )}
      </PanelPart>
      <Activity cluster={cluster} session={session} />
      <PanelPart className="flex flex-wrap gap-2">{acts}</PanelPart>
    </Panel>
  );
}

function Activity({ cluster, session }: { readonly cluster: string; readonly session: SessionView }) {
  const t = useTranslations('sessions.detail');
  const words = useTranslations('words');
  const format = useFormat();
  const now = useNow();
  const { links, proxy } = session;
  const nodes = [...Map.groupBy(links, ({ node }) => node)].map(([node, of]) => ({
    node,
    pids: of.map(({ pid }) => pid),
  }));
  const asked = useAsk(
    `${session.key} ${links.map(({ pid }) => pid).join(' ')}`,
    () => api.herd.sessionActivity.query({ cluster, proxy, nodes }),
    { everyMs: ACTIVITY_EVERY_MS, enabled: links.length > 0 },
  );
  return (
    <PanelPart>
      <h3 className="flex items-baseline gap-2">
        {t('activity')} {asked.at !== null && <Age atMs={asked.at} />}
      </h3>
      {links.length === 0 && <p className="muted">{t('noLinks')}</p>}
      {links.length > 0 && asked.data === null && (
        <p className="muted">{asked.failure === null ? t('asking') : asked.failure.message}</p>
      )}
      {asked.data !== null &&
        links.map(({ node, pid }) => {
          const told = asked.data?.find((one) => one.node === node);
          const row = told?.rows.find((one) => one.pid === pid);
          const since = row?.queryStart ?? null;
          return (
            <div key={`${node}:${pid}`} className="mt-2">
              <b>{t('process', { pid: String(pid), node: words('nodeName', { id: String(node) }) })}</b>
              {row === undefined ? (
                <p className="muted">{told?.error ?? t('gone')}</p>
              ) : (
                <p className="muted">
                  {row.state ?? ''}
                  {' · '}
                  {row.waitEvent === null ? t('noWait') : `${t('waits')} ${row.waitEventType}: ${row.waitEvent}`}
                  {since !== null && now !== null && (
                    <>
                      {' · '}
                      {t('queryStart')} {format.duration(Math.max(0, now - Date.parse(since)))}
                    </>
                  )}
                </p>
              )}
            </div>
          );
        })}
    </PanelPart>
  );
}
