'use client';

import Link from 'next/link';
import { useLocale, useTranslations } from 'next-intl';
import { THEMES } from '../../i18n/preferences.ts';
import { LOCALES } from '../../shared/messages/index.ts';
import { Icon } from '../ui/icon.tsx';
import { useFormat } from '../ui/use-format.ts';
import { useNow } from '../ui/use-now.ts';
import { ConnectionLine } from './connection-line.tsx';
import { useFrame } from './frame-context.tsx';
import { Menu } from './menu.tsx';
import { useRegion, useTheme } from './use-preferences.ts';

interface RailFootProps {
  readonly narrow: boolean;
  readonly onNarrow: (narrow: boolean) => void;
}

export function RailFoot({ narrow, onNarrow }: RailFootProps) {
  const t = useTranslations('shell');
  return (
    <div className="rail-foot">
      <ConnectionLine />
      <UserMenu />
      <RegionMenu />
      <ThemeMenu />
      <button
        type="button"
        className="rail-foot-line"
        aria-expanded={!narrow}
        aria-label={narrow ? t('rail.wide') : t('rail.narrow')}
        onClick={() => onNarrow(!narrow)}
      >
        <Icon name={narrow ? 'rail-wide' : 'rail-narrow'} />
        <span className="rail-word">{t('rail.narrow')}</span>
      </button>
    </div>
  );
}

export function UserMenu() {
  const t = useTranslations('shell.user');
  const { user, onSignOut } = useFrame();
  if (user === null) return null;
  const line = t('line', { name: user.name, role: user.role });
  const button = (
    <>
      <Icon name="user" />
      <span className="rail-word">{line}</span>
    </>
  );
  return (
    <Menu className="rail-foot-line w-full" label={line} button={button}>
      <Link href={user.accountHref}>
        <Icon name="user" />
        {t('account')}
      </Link>
      <button type="button" onClick={onSignOut}>
        <Icon name="sign-out" />
        {t('signOut')}
      </button>
    </Menu>
  );
}

export function RegionMenu() {
  const t = useTranslations('shell.language');
  const locale = useLocale();
  const format = useFormat();
  const now = useNow();
  const { chooseLocale, chooseZone } = useRegion();
  const zone = now === null ? format.zone : format.zoneName(now);
  const browserZone = now === null ? format.zone : Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zones = [...new Set([browserZone, format.zone, 'UTC'])];
  const button = (
    <>
      <Icon name="language" />
      <span className="rail-word">
        {t(locale)}
        <span className="quiet"> · </span>
        {zone}
      </span>
    </>
  );
  return (
    <Menu className="rail-foot-line w-full" label={`${t('choose')}: ${t(locale)}, ${zone}`} button={button}>
      {LOCALES.map((choice) => (
        <button
          key={choice}
          type="button"
          lang={choice}
          aria-current={choice === locale ? 'true' : undefined}
          onClick={() => chooseLocale(choice)}
        >
          {t(choice)}
        </button>
      ))}
      <hr className="rail-rule" />
      {zones.map((choice) => (
        <button
          key={choice}
          type="button"
          aria-current={choice === format.zone ? 'true' : undefined}
          onClick={() => chooseZone(choice)}
        >
          {choice}
          {choice === browserZone && <span className="quiet small ml-auto">{t('zoneBrowser')}</span>}
        </button>
      ))}
    </Menu>
  );
}

export function ThemeMenu() {
  const t = useTranslations('shell.theme');
  const { theme, choose } = useTheme();
  const button = (
    <>
      <Icon name="theme" />
      <span className="rail-word">{t(theme)}</span>
    </>
  );
  return (
    <Menu className="rail-foot-line w-full" label={`${t('choose')}: ${t(theme)}`} button={button}>
      {THEMES.map((choice) => (
        <button
          key={choice}
          type="button"
          aria-current={choice === theme ? 'true' : undefined}
          onClick={() => choose(choice)}
        >
          {t(choice)}
        </button>
      ))}
    </Menu>
  );
}
