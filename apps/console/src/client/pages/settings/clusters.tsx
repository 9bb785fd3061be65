'use client';
/** Clusters and their proxies: names, environments, addresses. Tokens go in and never come out. */
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useId, useState } from 'react';
import { api } from '../../live/api.ts';
import { useAsk } from '../../live/use-ask.ts';
import { useFresh } from '../../people/fresh-sign-in.tsx';
import { Age } from '../../ui/age.tsx';
import { Button } from '../../ui/button.tsx';
import { ConfirmPopover } from '../../ui/confirm-popover.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { Field } from '../../ui/field.tsx';
import { FormFoot } from '../../ui/form-foot.tsx';
import { Input } from '../../ui/input.tsx';
import { LinkButton } from '../../ui/link-button.tsx';
import { Panel, PanelPart } from '../../ui/panel.tsx';
import { Select } from '../../ui/select.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { ProxyForm } from './proxy-form.tsx';
import { Trouble } from './trouble.tsx';
import { useAct } from './use-act.ts';

type Cluster = Awaited<ReturnType<typeof api.clusters.list.query>>[number];
type Proxy = Cluster['proxies'][number];

export const ENVIRONMENTS = ['production', 'staging', 'development', 'demo'] as const;
export type EnvironmentId = (typeof ENVIRONMENTS)[number];

const EVERY_MS = 5_000;
const CONNECTION = { up: 'ok', connecting: 'changing', lost: 'down' } as const;

export function Clusters() {
  const t = useTranslations('settings.clusters');
  const router = useRouter();
  const { data, at, failure, reload } = useAsk('clusters', () => api.clusters.list.query(), { everyMs: EVERY_MS });
  const [making, setMaking] = useState(false);
  // The frame knows clusters from the page's load.
  const changed = (): void => {
    reload();
    router.refresh();
  };
  if (data === null && failure !== null) return <ErrorPanel what={t('what')} raw={failure.message} onRetry={reload} />;
  return (
    <>
      <div className="page-head">
        <h2 className="flex-1">{t('title')}</h2>
        <Age atMs={at} lateMs={EVERY_MS * 3} />
        <Button onClick={() => setMaking(true)}>{t('make')}</Button>
      </div>
      {data === null ? (
        <Panel label={t('title')}>
          <Skeleton what={t('what')} />
        </Panel>
      ) : data.length === 0 ? (
        <Panel label={t('title')}>
          <EmptyState
            title={t('none')}
            act={
              <LinkButton href="/welcome" kind="primary">
                {t('welcome')}
              </LinkButton>
            }
          >
            {t('noneText')}
          </EmptyState>
        </Panel>
      ) : (
        data.map((cluster) => <ClusterPanel key={cluster.slug} cluster={cluster} onChanged={changed} />)
      )}
      {making && (
        <ClusterDialog
          onClose={() => setMaking(false)}
          onMade={() => {
            setMaking(false);
            changed();
          }}
        />
      )}
    </>
  );
}

interface PanelProps {
  readonly cluster: Cluster;
  readonly onChanged: () => void;
}

function ClusterPanel({ cluster, onChanged }: PanelProps) {
  const t = useTranslations('settings.clusters');
  const settings = useTranslations('settings');
  const { act, busy, trouble } = useAct();
  const { fresh, dialog } = useFresh();
  const [name, setName] = useState(cluster.name);
  const [environment, setEnvironment] = useState(cluster.environment);
  const [adding, setAdding] = useState(false);
  const isChanged = name !== cluster.name || environment !== cluster.environment;
  const save = (): void =>
    void act(() =>
      api.clusters.set.mutate({ cluster: cluster.slug, name, environment: environment as EnvironmentId }),
    ).then((done) => done && onChanged());
  const remove = (proxy: string): void =>
    void act(() => fresh(() => api.clusters.removeProxy.mutate({ cluster: cluster.slug, name: proxy }))).then(
      (done) => done && onChanged(),
    );
  return (
    <Panel title={cluster.name} count={cluster.slug}>
      {dialog}
      <PanelPart className="flex flex-wrap items-end gap-3">
        <Field label={t('name')}>
          {(field) => <Input field={field} value={name} onChange={setName} changed={name !== cluster.name} />}
        </Field>
        <Field label={t('environment')}>
          {(field) => (
            <Select
              field={field}
              value={environment}
              changed={environment !== cluster.environment}
              options={ENVIRONMENTS.map((value) => ({ value, label: t(`environments.${value}`) }))}
              onChange={setEnvironment}
            />
          )}
        </Field>
        {isChanged && (
          <Button kind="primary" busy={busy} onClick={save}>
            {settings('save')}
          </Button>
        )}
        <span className="flex-1" />
        <Button onClick={() => setAdding(true)}>{t('add')}</Button>
      </PanelPart>
      {trouble !== '' && (
        <PanelPart>
          <Trouble text={trouble} />
        </PanelPart>
      )}
      <div className="border-t border-line">
        <ProxyTable proxies={cluster.proxies} onRemove={remove} />
      </div>
      {adding && (
        <Dialog title={t('addTitle', { cluster: cluster.name })} onClose={() => setAdding(false)}>
          <ProxyForm suggested={`pgherd-${cluster.proxies.length + 1}`}>
            {(place, tested) => (
              <Button
                kind={tested?.ok === true ? 'primary' : 'plain'}
                busy={busy}
                reason={tested?.ok === true ? undefined : t('testFirst')}
                reasonAt="above"
                onClick={() =>
                  void act(() => api.clusters.addProxy.mutate({ cluster: cluster.slug, ...place })).then((done) => {
                    if (!done) return;
                    setAdding(false);
                    onChanged();
                  })
                }
              >
                {t('addAct', { name: place.name })}
              </Button>
            )}
          </ProxyForm>
          <Trouble text={trouble} />
        </Dialog>
      )}
    </Panel>
  );
}

interface TableProps {
  readonly proxies: readonly Proxy[];
  readonly onRemove: (name: string) => void;
}

function ProxyTable({ proxies, onRemove }: TableProps) {
  const t = useTranslations('settings.clusters');
  const columns: readonly Column<Proxy>[] = [
    { id: 'name', head: t('proxy'), cell: ({ name }) => name, card: 'head' },
    {
      id: 'connection',
      head: t('connection'),
      wrap: true,
      cell: ({ connection, error }) => {
        const state = connection === 'up' || connection === 'lost' ? connection : 'connecting';
        return (
          <>
            <StatusWord kind={CONNECTION[state]}>{t(state)}</StatusWord>
            {error !== null && <span className="small muted block">{error}</span>}
          </>
        );
      },
      card: 'status',
    },
    { id: 'url', head: t('url'), cell: ({ controlUrl }) => <span className="mono">{controlUrl}</span> },
    { id: 'version', head: t('version'), cell: ({ version }) => version ?? '' },
    {
      id: 'remove',
      head: '',
      cell: ({ name }) => (
        <ConfirmPopover
          small
          opener={t('removeAsk')}
          act={t('remove', { name })}
          effect={t('removeEffect')}
          onConfirm={() => onRemove(name)}
        />
      ),
    },
  ];
  return (
    <DataTable
      label={t('proxies')}
      columns={columns}
      rows={proxies}
      rowKey={({ id }) => id}
      empty={<EmptyState title={t('noProxy')}>{t('noProxyText')}</EmptyState>}
    />
  );
}

function ClusterDialog({ onClose, onMade }: { readonly onClose: () => void; readonly onMade: () => void }) {
  const t = useTranslations('settings.clusters');
  const form = useId();
  const { act, busy, trouble } = useAct();
  const [slug, setSlug] = useState('');
  const [name, setName] = useState('');
  const [environment, setEnvironment] = useState<EnvironmentId>('development');
  const save = async (): Promise<void> => {
    const input = { slug, name: name.trim() === '' ? slug : name.trim(), environment };
    if (await act(() => api.clusters.create.mutate(input))) onMade();
  };
  return (
    <Dialog
      title={t('makeTitle')}
      onClose={onClose}
      foot={
        <FormFoot form={form} busy={busy} onClose={onClose}>
          {t('makeAct', { slug })}
        </FormFoot>
      }
    >
      <form
        id={form}
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Field label={t('slug')} hint={t('slugHint')}>
          {(field) => (
            <Input field={field} value={slug} onChange={(value) => setSlug(value.toLowerCase())} mono required />
          )}
        </Field>
        <Field label={t('name')}>
          {(field) => <Input field={field} value={name} onChange={setName} placeholder={slug} />}
        </Field>
        <Field label={t('environment')} hint={t('environmentHint')}>
          {(field) => (
            <Select
              field={field}
              value={environment}
              options={ENVIRONMENTS.map((value) => ({ value, label: t(`environments.${value}`) }))}
              onChange={(value) => setEnvironment(value as EnvironmentId)}
            />
          )}
        </Field>
      </form>
      <Trouble text={trouble} />
    </Dialog>
  );
}
