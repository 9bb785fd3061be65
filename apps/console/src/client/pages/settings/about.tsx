'use client';
/** The console itself: versions, its database, the chain of the audit log. */
import { useTranslations } from 'next-intl';
import { type ReactNode, useState } from 'react';
import { useMay } from '../../frame/me.tsx';
import { api } from '../../live/api.ts';
import { useAsk } from '../../live/use-ask.ts';
import { Age } from '../../ui/age.tsx';
import { Button } from '../../ui/button.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { Panel, PanelPart } from '../../ui/panel.tsx';
import { SkeletonBlock } from '../../ui/skeleton.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useNow } from '../../ui/use-now.ts';
import { Trouble } from './trouble.tsx';
import { useAct } from './use-act.ts';

const EVERY_MS = 10_000;
const CONNECTION = { up: 'ok', connecting: 'changing', lost: 'down' } as const;

export function About() {
  const t = useTranslations('settings');
  const words = useTranslations('words');
  const format = useFormat();
  const now = useNow();
  const { data, at, failure, reload } = useAsk('about', () => api.settings.about.query(), { everyMs: EVERY_MS });
  if (data === null) {
    if (failure !== null) return <ErrorPanel what={t('about.what')} raw={failure.message} onRetry={reload} />;
    return (
      <Panel label={t('about.title')}>
        <SkeletonBlock what={t('about.what')} height={280} />
      </Panel>
    );
  }
  const { database } = data;
  const age = <Age atMs={at} lateMs={EVERY_MS * 3} />;
  return (
    <div className="columns" style={{ '--columns': 'minmax(0, 1fr) minmax(0, 1fr)' } as never}>
      <div className="stack">
        <Panel title={t('about.title')} end={age}>
          <Facts
            facts={[
              [t('about.version'), data.version],
              [t('about.node'), data.node],
              [
                t('about.running'),
                now === null ? '' : format.roughDuration(Math.max(0, now - Date.parse(data.startedAt))),
              ],
              [t('about.memory'), format.bytes(data.rssBytes)],
              [t('about.readOnly'), data.readOnly ? words('on') : words('off')],
            ]}
          />
        </Panel>
        <Panel title={t('about.proxies')} end={age}>
          <Facts
            facts={data.proxies.map(({ cluster, name, connection, version }) => {
              const state = connection === 'up' || connection === 'lost' ? connection : 'connecting';
              return [
                `${cluster} / ${name}`,
                <span key="state" className="flex flex-wrap gap-3">
                  <StatusWord kind={CONNECTION[state]}>{t(`clusters.${state}`)}</StatusWord>
                  {version !== null && `pgherd ${version}`}
                </span>,
              ] as const;
            })}
          />
        </Panel>
      </div>
      <div className="stack">
        <Panel title={t('about.database')} end={age}>
          <Facts
            facts={[
              [t('about.kind'), database.kind === 'sqlite' ? 'SQLite' : 'PostgreSQL'],
              ...(database.bytes === null ? [] : [[t('about.size'), format.bytes(database.bytes)] as const]),
              [t('about.answers'), format.duration(database.answersMs)],
              [t('about.versions'), format.number(database.versions)],
              [t('about.reports'), format.number(database.reports)],
              ...(database.healed === null ? [] : [[t('about.healed'), database.healed] as const]),
              ...(database.kind === 'sqlite'
                ? [
                    [
                      t('about.copies'),
                      database.copies.length === 0
                        ? t('about.noCopies')
                        : database.copies.map(({ name, bytes }) => `${name} (${format.bytes(bytes)})`).join(', '),
                    ] as const,
                  ]
                : []),
              [t('about.backup'), t('about.backupText')],
            ]}
          />
        </Panel>
        <AuditPanel entries={database.auditEntries} since={database.auditSince} />
      </div>
    </div>
  );
}

function Facts({ facts }: { readonly facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <PanelPart>
      <dl className="fact-list">
        {facts.flatMap(([label, value]) => [
          <dt key={`${label} t`}>{label}</dt>,
          <dd key={`${label} d`} className="break-words">
            {value}
          </dd>,
        ])}
      </dl>
    </PanelPart>
  );
}

interface AuditProps {
  readonly entries: number;
  readonly since: string | null;
}

function AuditPanel({ entries, since }: AuditProps) {
  const t = useTranslations('settings.about');
  const format = useFormat();
  return (
    <Panel
      title={t('audit')}
      count={t('entries', { count: entries })}
      end={since !== null && <span className="age">{t('since', { time: format.fullInstant(Date.parse(since)) })}</span>}
    >
      <PanelPart>
        <VerifyChain />
      </PanelPart>
    </Panel>
  );
}

/** Walks the whole chain on the server, and says whether it holds. */
export function VerifyChain() {
  const t = useTranslations('settings.about');
  const ui = useTranslations('ui.button');
  const may = useMay();
  const { act, busy, trouble } = useAct();
  const [found, setFound] = useState<{ readonly whole: boolean; readonly why: string } | null>(null);
  const needed = 'audit.export';
  return (
    <div className="flex flex-wrap items-center gap-3">
      <Button
        busy={busy}
        reason={may(needed, null) ? undefined : ui('missingPermission', { permission: needed })}
        reasonAt="left"
        onClick={() => void act(async () => setFound(await api.audit.verify.query()))}
      >
        {busy ? t('verifying') : t('verify')}
      </Button>
      <span role="status">
        {found !== null && (
          <StatusWord kind={found.whole ? 'ok' : 'down'}>
            {found.whole ? t('whole') : t('broken', { why: found.why })}
          </StatusWord>
        )}
      </span>
      <Trouble text={trouble} />
    </div>
  );
}
