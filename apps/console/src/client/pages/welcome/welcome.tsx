'use client';
/**
 * The first cluster, in three steps: a proxy that answers, its configuration as version 1, the environment. What is done stays
 * done: the address holds the cluster and the step, so one can leave and come back.
 */
import { useRouter, useSearchParams } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { useMay } from '../../frame/me.tsx';
import { api } from '../../live/api.ts';
import { useAsk } from '../../live/use-ask.ts';
import { Button } from '../../ui/button.tsx';
import { RadioGroup } from '../../ui/choice.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Field } from '../../ui/field.tsx';
import { Input } from '../../ui/input.tsx';
import { Panel, PanelPart } from '../../ui/panel.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { Wizard } from '../../ui/wizard.tsx';
import { ENVIRONMENTS, type EnvironmentId } from '../settings/clusters.tsx';
import { ProxyForm, type ProxyPlace } from '../settings/proxy-form.tsx';
import { Trouble } from '../settings/trouble.tsx';
import { useAct } from '../settings/use-act.ts';

const STEPS = ['proxy', 'import', 'environment'] as const;
const SLUG = /^[a-z0-9][a-z0-9-]{0,39}$/;

export function Welcome() {
  const t = useTranslations('welcome');
  const may = useMay();
  const query = useSearchParams();
  const cluster = query.get('cluster');
  const at = cluster === null ? 0 : query.get('step') === 'environment' ? 2 : 1;
  if (!may('clusters', null)) {
    return (
      <>
        <h1 className="page-title">{t('title')}</h1>
        <Panel label={t('title')}>
          <EmptyState title={t('forbidden')}>{t('forbiddenText')}</EmptyState>
        </Panel>
      </>
    );
  }
  if (cluster === null) return <FirstProxy />;
  return at === 1 ? <ImportStep cluster={cluster} /> : <EnvironmentStep cluster={cluster} />;
}

function useSteps(at: number) {
  const t = useTranslations('welcome');
  return { title: t('title'), about: t('about'), steps: STEPS.map((step) => t(`steps.${step}`)), at, cancel: null };
}

function FirstProxy() {
  const t = useTranslations('welcome');
  const clusters = useTranslations('settings.clusters');
  const router = useRouter();
  const frame = useSteps(0);
  const { act, busy, trouble } = useAct();
  const [slug, setSlug] = useState('herd');
  const known = useAsk('clusters', () => api.clusters.list.query());
  const add = (place: ProxyPlace): void =>
    void act(async () => {
      // A cluster that an earlier try left without a proxy is taken up.
      const left = known.data?.find((one) => one.slug === slug && one.proxies.length === 0);
      if (left === undefined) await api.clusters.create.mutate({ slug, name: slug, environment: 'development' });
      known.reload();
      await api.clusters.addProxy.mutate({ cluster: slug, ...place });
      router.refresh();
      router.replace(`/welcome?cluster=${encodeURIComponent(slug)}`);
    });
  return (
    <Wizard {...frame} acts={null}>
      <Panel title={t('proxy')} className="max-w-2xl">
        <PanelPart className="flex flex-col gap-3">
          <p className="muted">{t('proxyText')}</p>
          <Field
            label={t('slug')}
            hint={t('slugHint')}
            messages={SLUG.test(slug) ? [] : [{ kind: 'error', text: t('badSlug') }]}
          >
            {(field) => (
              <Input field={field} mono value={slug} onChange={(value) => setSlug(value.toLowerCase())} name="slug" />
            )}
          </Field>
          <ProxyForm suggested="pgherd-1">
            {(place, tested) => (
              <Button
                kind={tested?.ok === true ? 'primary' : 'plain'}
                busy={busy}
                reasonAt="above"
                reason={!SLUG.test(slug) ? t('badSlug') : tested?.ok === true ? undefined : clusters('testFirst')}
                onClick={() => add(place)}
              >
                {t('add', { name: place.name, cluster: slug })}
              </Button>
            )}
          </ProxyForm>
          <Trouble text={trouble} />
        </PanelPart>
      </Panel>
    </Wizard>
  );
}

const ASK_MS = 2_000;

function ImportStep({ cluster }: { readonly cluster: string }) {
  const t = useTranslations('welcome');
  const router = useRouter();
  const frame = useSteps(1);
  const { act, busy, trouble } = useAct();
  const [imported, setImported] = useState<{ readonly number: number; readonly proxy: string } | null>(null);
  const wanted = useAsk(`wanted ${cluster}`, () => api.config.wanted.query({ cluster }));
  const running = useAsk(`running ${cluster}`, () => api.config.running.query({ cluster }), { everyMs: ASK_MS });
  const first = running.data?.find(({ error }) => error === null);
  const lost = running.data?.find(({ error }) => error !== null);
  const number = imported?.number ?? wanted.data?.number ?? null;
  const on = (): void => router.replace(`/welcome?cluster=${encodeURIComponent(cluster)}&step=environment`);
  const take = (): void =>
    void act(async () => setImported(await api.config.versions.importRunning.mutate({ cluster })));
  return (
    <Wizard
      {...frame}
      acts={
        <>
          {number === null && (
            <Button kind="quiet" onClick={on}>
              {t('later')}
            </Button>
          )}
          {number === null ? (
            <Button
              kind="primary"
              busy={busy}
              reasonAt="above"
              reason={first === undefined ? t('waiting', { name: lost?.proxy ?? cluster }) : undefined}
              onClick={take}
            >
              {t('importAct')}
            </Button>
          ) : (
            <Button kind="primary" onClick={on}>
              {t('next')}
            </Button>
          )}
        </>
      }
    >
      <Panel title={t('import')} className="max-w-2xl">
        <PanelPart className="flex flex-col gap-3">
          <p className="muted">{t('importText')}</p>
          {first === undefined ? (
            <div role="status">
              <StatusWord kind="changing">{t('waiting', { name: lost?.proxy ?? cluster })}</StatusWord>
              {lost?.error != null && <p className="small muted">{lost.error}</p>}
            </div>
          ) : (
            <p>
              <b>{t('found', { name: first.proxy })}</b>{' '}
              {t('parameters', { changed: first.parameters.filter(({ source }) => source === 'file').length })}
            </p>
          )}
          <div role="status">
            {number !== null && (
              <StatusWord kind="instep">
                {imported === null ? t('already', { number }) : t('imported', imported)}
              </StatusWord>
            )}
          </div>
          <Trouble text={trouble} />
        </PanelPart>
      </Panel>
    </Wizard>
  );
}

function EnvironmentStep({ cluster }: { readonly cluster: string }) {
  const t = useTranslations('welcome');
  const words = useTranslations('settings.clusters.environments');
  const router = useRouter();
  const frame = useSteps(2);
  const { act, busy, trouble } = useAct();
  const [environment, setEnvironment] = useState<EnvironmentId>('development');
  const finish = async (): Promise<void> => {
    if (!(await act(() => api.clusters.set.mutate({ cluster, environment })))) return;
    router.push(`/c/${encodeURIComponent(cluster)}`);
    router.refresh();
  };
  return (
    <Wizard
      {...frame}
      acts={
        <Button kind="primary" busy={busy} onClick={() => void finish()}>
          {t('finish')}
        </Button>
      }
    >
      <Panel title={t('environment')} className="max-w-2xl">
        <PanelPart className="flex flex-col gap-3">
          <p className="muted">{t('environmentText')}</p>
          <RadioGroup
            label={t('environment')}
            value={environment}
            onChange={setEnvironment}
            options={ENVIRONMENTS.map((value) => ({ value, label: words(value), hint: t(`hint.${value}`) }))}
          />
          <p className="small muted">{t('people')}</p>
          <Trouble text={trouble} />
        </PanelPart>
      </Panel>
    </Wizard>
  );
}
