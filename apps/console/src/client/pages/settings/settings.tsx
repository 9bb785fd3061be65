'use client';
/** The settings: a tab for each part, each loaded when it is opened. */
import dynamic from 'next/dynamic';
import { useTranslations } from 'next-intl';
import { useMay } from '../../frame/me.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Panel } from '../../ui/panel.tsx';
import { SkeletonBlock } from '../../ui/skeleton.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { SETTINGS_TABS, type SettingsTab } from './places.ts';

function Loading() {
  const t = useTranslations('settings');
  return (
    <Panel label={t('title')}>
      <SkeletonBlock what={t('title')} height={280} />
    </Panel>
  );
}

const PARTS = {
  account: dynamic(() => import('./account.tsx').then((module) => module.Account), { loading: Loading }),
  people: dynamic(() => import('./people.tsx').then((module) => module.People), { loading: Loading }),
  tokens: dynamic(() => import('./tokens.tsx').then((module) => module.Tokens), { loading: Loading }),
  clusters: dynamic(() => import('./clusters.tsx').then((module) => module.Clusters), { loading: Loading }),
  api: dynamic(() => import('./api-reference.tsx').then((module) => module.ApiReference), { loading: Loading }),
  about: dynamic(() => import('./about.tsx').then((module) => module.About), { loading: Loading }),
} as const;

/** Parts whose content itself is for those who hold a permission. */
const NEEDS: { readonly [K in SettingsTab]?: 'users' | 'clusters' } = { people: 'users', clusters: 'clusters' };

export function Settings({ tab }: { readonly tab: SettingsTab }) {
  const t = useTranslations('settings');
  const may = useMay();
  const needed = NEEDS[tab];
  const Part = PARTS[tab];
  return (
    <>
      <h1 className="page-title">{t('title')}</h1>
      <Tabs
        label={t('tabs.label')}
        tabs={SETTINGS_TABS.map((one) => ({ href: `/settings/${one}`, label: t(`tabs.${one}`), here: one === tab }))}
      />
      {needed !== undefined && !may(needed, null) ? (
        <Panel label={t(`tabs.${tab}`)}>
          <EmptyState title={t('forbidden')}>{t('forbiddenText', { permission: needed })}</EmptyState>
        </Panel>
      ) : (
        <Part />
      )}
    </>
  );
}
