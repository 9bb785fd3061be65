'use client';

import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { cx } from '../ui/cx.ts';
import { EnvBadge } from '../ui/env-badge.tsx';
import { Glyph } from '../ui/glyph.tsx';
import { Icon } from '../ui/icon.tsx';
import { Mark } from '../ui/mark.tsx';
import type { Crumb } from './frame.ts';
import { useFrame } from './frame-context.tsx';
import { Menu } from './menu.tsx';

interface HeaderProps {
  readonly crumbs: readonly Crumb[];
  readonly onPalette: () => void;
}

export function Header({ crumbs, onPalette }: HeaderProps) {
  const t = useTranslations('shell');
  const frame = useFrame();
  const { cluster } = frame;
  const home = cluster?.href ?? '/';
  return (
    <header className={cx('topbar', cluster?.environment === 'production' && 'topbar-prod')}>
      <Link className="brand" href={home} aria-label={t('product')}>
        <Mark />
        <span>{t('product')}</span>
      </Link>
      <ClusterSwitch />
      <Breadcrumb crumbs={crumbs} />
      <button type="button" className="jump" onClick={onPalette}>
        <Icon name="search" />
        {t('header.search')}
        <kbd>⌘K</kbd>
      </button>
      {frame.draftChanges > 0 && frame.draftHref !== null && (
        <Link
          className="topbar-button only-desk"
          href={frame.draftHref}
          aria-label={t('header.draft', { count: frame.draftChanges })}
        >
          <Icon name="draft" />
          <span className="draft-word">{t('header.draft', { count: frame.draftChanges })}</span>
        </Link>
      )}
      <button
        type="button"
        className="topbar-button topbar-first only-phone"
        onClick={onPalette}
        aria-label={t('header.search')}
      >
        <Icon name="search" />
      </button>
      {cluster !== null && (
        <Link
          className="topbar-button"
          href={`${home}#problems`}
          aria-label={t('header.problems', { count: frame.problems })}
        >
          <Icon name="bell" />
          {frame.problems > 0 && frame.problems}
        </Link>
      )}
    </header>
  );
}

function ClusterSwitch() {
  const t = useTranslations('shell.header');
  const { cluster, clusters } = useFrame();
  if (cluster === null && clusters.length === 0) return null;
  const shown = (
    <>
      {cluster?.name ?? t('noCluster')}
      {cluster !== null && <EnvBadge environment={cluster.environment} />}
    </>
  );
  if (cluster !== null && clusters.length <= 1) return <span className="cluster-switch">{shown}</span>;
  const button = (
    <>
      {shown}
      <span className="sr-only">{t('switchCluster')}</span>
      <Icon name="open" />
    </>
  );
  return (
    <Menu className="cluster-switch" button={button}>
      {clusters.map((choice) => (
        <Link key={choice.id} href={choice.href} aria-current={choice.id === cluster?.id ? 'true' : undefined}>
          <Glyph kind={choice.health} />
          {choice.name}
          <span className="ml-auto">
            <EnvBadge environment={choice.environment} />
          </span>
        </Link>
      ))}
    </Menu>
  );
}

function Breadcrumb({ crumbs }: { readonly crumbs: readonly Crumb[] }) {
  const t = useTranslations('shell.header');
  if (crumbs.length === 0) return null;
  return (
    <nav className="breadcrumb" aria-label={t('breadcrumb')}>
      <ol>
        {crumbs.map((crumb, at) => (
          <li key={crumb.label}>
            {at > 0 && <span aria-hidden="true">/ </span>}
            {crumb.href === undefined || at === crumbs.length - 1 ? (
              <span aria-current="page">{crumb.label}</span>
            ) : (
              <Link href={crumb.href}>{crumb.label}</Link>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}
