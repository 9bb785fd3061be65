'use client';

import { useTranslations } from 'next-intl';
import type { Api } from '../../../live/api.ts';
import { api } from '../../../live/api.ts';
import { useAsk } from '../../../live/use-ask.ts';
import { Age } from '../../../ui/age.tsx';
import { type Column, DataTable } from '../../../ui/data-table.tsx';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { ErrorPanel } from '../../../ui/error-panel.tsx';
import { Glyph } from '../../../ui/glyph.tsx';
import { LinkButton } from '../../../ui/link-button.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { Skeleton } from '../../../ui/skeleton.tsx';
import { ConfigFrame } from '../config-frame.tsx';
import { useRoom } from '../room.tsx';

type Account = Awaited<ReturnType<Api['config']['accounts']['query']>>[number];
type Secret = Awaited<ReturnType<Api['config']['secrets']['list']['query']>>[number];

interface Name {
  readonly name: string;
  readonly proxies: readonly string[];
}

const namesOf = (accounts: readonly Account[], list: 'poolPasswd' | 'pcpUsers'): readonly Name[] =>
  [...new Set(accounts.flatMap((account) => account[list]))]
    .sort()
    .map((name) => ({ name, proxies: accounts.filter((one) => one[list].includes(name)).map(({ proxy }) => proxy) }));

/** Names only: of pool_passwd, of pcp.conf, and of the secrets that the console keeps. */
export function Users() {
  const t = useTranslations('config.users');
  const { cluster, base, stamp } = useRoom();
  const accounts = useAsk(`accounts ${cluster}`, () => api.config.accounts.query({ cluster }), { stamp });
  const secrets = useAsk(`secrets ${cluster}`, () => api.config.secrets.list.query({ cluster }), { stamp });
  const silent = (accounts.data ?? []).filter(({ error }) => error !== null);
  const nameColumns: readonly Column<Name>[] = [
    { id: 'name', head: t('name'), cell: ({ name }) => <span className="mono">{name}</span>, card: 'head' },
    { id: 'proxies', head: t('proxies'), cell: ({ proxies }) => proxies.join(', '), wrap: true },
  ];
  const secretColumns: readonly Column<Secret>[] = [
    { id: 'name', head: t('name'), cell: ({ name }) => <span className="mono">{name}</span>, card: 'head' },
    { id: 'number', head: t('number'), numeric: true, cell: ({ n }) => n },
    { id: 'by', head: t('by'), cell: ({ by }) => by },
    {
      id: 'at',
      head: t('at'),
      cell: ({ createdAt }) => <Age atMs={Date.parse(createdAt)} lateMs={Number.POSITIVE_INFINITY} />,
    },
  ];
  return (
    <ConfigFrame>
      <p className="muted">{t('text')}</p>
      {accounts.failure !== null && (
        <ErrorPanel what={t('accounts')} raw={accounts.failure.message} onRetry={accounts.reload} />
      )}
      {silent.map(({ proxy, error }) => (
        <p key={proxy} className="flex items-center gap-2">
          <Glyph kind="unknown" />
          <span>{t('noAnswer', { proxy, why: error ?? '' })}</span>
        </p>
      ))}
      <div className="run-proxies">
        {(['poolPasswd', 'pcpUsers'] as const).map((list) => (
          <Panel key={list} title={t(list)} end={<Age atMs={accounts.at} lateMs={Number.POSITIVE_INFINITY} />}>
            {accounts.data === null ? (
              <Skeleton what={t('accounts')} rows={3} />
            ) : (
              <DataTable
                label={t(list)}
                columns={nameColumns}
                rows={namesOf(accounts.data, list)}
                rowKey={({ name }) => name}
                empty={<EmptyState title={t('noNames')}>{t(`${list}None`)}</EmptyState>}
              />
            )}
          </Panel>
        ))}
        <Panel
          title={t('secrets')}
          end={
            <LinkButton small href={`${base}/config?show=secret`}>
              {t('toForm')}
            </LinkButton>
          }
        >
          {secrets.data === null ? (
            secrets.failure === null ? (
              <Skeleton what={t('secrets')} rows={3} />
            ) : (
              <EmptyState title={secrets.failure.message} />
            )
          ) : (
            <DataTable
              label={t('secrets')}
              columns={secretColumns}
              rows={secrets.data}
              rowKey={({ name, n }) => `${name}#${n}`}
              empty={<EmptyState title={t('noSecrets')}>{t('noSecretsText')}</EmptyState>}
            />
          )}
        </Panel>
      </div>
    </ConfigFrame>
  );
}
