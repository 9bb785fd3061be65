'use client';

import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { useEffect } from 'react';
import { Button } from '../ui/button.tsx';
import { cx } from '../ui/cx.ts';
import { Glyph } from '../ui/glyph.tsx';
import type { StatusKind } from '../ui/status.ts';
import { useFormat } from '../ui/use-format.ts';
import { useNow } from '../ui/use-now.ts';
import { firstBanner } from './banner-rank.ts';
import type { Banner } from './frame.ts';
import { useFrame } from './frame-context.tsx';
import { useAnnounce } from './live-regions.tsx';

const LOOK: Readonly<Record<Banner['kind'], StatusKind>> = {
  lost: 'unknown',
  noQuorum: 'down',
  noPrimary: 'down',
  operation: 'changing',
  applyRejected: 'failed',
  drift: 'drifted',
  maintenance: 'out',
};

export function BannerSlot() {
  const t = useTranslations('shell.banner');
  const { banners, connection, onRetry } = useFrame();
  const announce = useAnnounce();
  const now = useNow();
  const format = useFormat();
  const banner = firstBanner(banners);
  const text =
    banner === null ? null : banner.kind === 'operation' ? t('operation', { name: banner.name }) : t(banner.kind);
  const urgent = banner?.kind === 'noPrimary' || banner?.kind === 'noQuorum';

  useEffect(() => {
    if (text !== null) announce(text, { topic: 'banner', urgency: urgent ? 'assertive' : 'polite' });
  }, [text, urgent, announce]);

  if (banner === null) return null;
  const look = LOOK[banner.kind];
  const detail = 'detail' in banner ? banner.detail : undefined;
  const href = 'href' in banner ? banner.href : undefined;
  const { retryAtMs } = connection;
  return (
    <section className={cx('banner', `banner-${look}`)} aria-label={t('label')}>
      <Glyph kind={look} />
      <b>{text}</b>
      {detail !== undefined && <span className="muted">{detail}</span>}
      {banner.kind === 'lost' && (
        <>
          {retryAtMs !== undefined && now !== null && (
            <span className="muted">
              {t('retryIn', { seconds: format.number(Math.max(0, Math.ceil((retryAtMs - now) / 1000))) })}
            </span>
          )}
          <span className="ml-auto" />
          <Button small onClick={onRetry}>
            {t('retryNow')}
          </Button>
        </>
      )}
      {href !== undefined && (
        <Link className="link ml-auto" href={href}>
          {t('open')}
        </Link>
      )}
    </section>
  );
}
