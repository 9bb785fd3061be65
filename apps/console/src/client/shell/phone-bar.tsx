'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useEffect, useRef } from 'react';
import { Icon } from '../ui/icon.tsx';
import { ConnectionLine } from './connection-line.tsx';
import { useFrame } from './frame-context.tsx';
import { hrefOf, PHONE_PLACES, PLACES, type PlaceId } from './places.ts';
import { RegionMenu, ThemeMenu, UserMenu } from './rail-foot.tsx';

/** The phone's bottom bar: three places and a sheet with the others. */
export function PhoneBar({ here }: { readonly here: PlaceId | null }) {
  const t = useTranslations('shell');
  const close = useTranslations('ui.button');
  const frame = useFrame();
  const pathname = usePathname();
  const sheet = useRef<HTMLDialogElement>(null);
  const id = frame.cluster?.id ?? null;
  const shown = PLACES.filter((place) => !frame.hiddenPlaces.includes(place.id));
  const inBar = shown.filter((place) => PHONE_PLACES.includes(place.id));
  const others = shown.filter((place) => !PHONE_PLACES.includes(place.id));
  // Arrived: the sheet has done its work.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the address is the signal
  useEffect(() => sheet.current?.close(), [pathname]);
  return (
    <>
      <nav className="tabbar" aria-label={t('main')}>
        {inBar.map((place) => (
          <Link
            key={place.id}
            href={hrefOf(place, id)}
            aria-current={place.id === here ? 'page' : undefined}
            prefetch={false}
          >
            <Icon name={place.id} />
            {t(`places.${place.id}`)}
          </Link>
        ))}
        <button
          type="button"
          aria-haspopup="dialog"
          aria-current={here !== null && !PHONE_PLACES.includes(here) ? 'true' : undefined}
          onClick={() => sheet.current?.showModal()}
        >
          <Icon name="more" />
          {t('more')}
        </button>
      </nav>
      {/* The browser's own dialog: it keeps the focus inside, and Escape closes it. */}
      <dialog ref={sheet} className="sheet sheet-more" aria-label={t('more')}>
        <div className="stack gap-0!">
          {others.map((place) => (
            <Link
              key={place.id}
              className="rail-entry"
              href={hrefOf(place, id)}
              aria-current={place.id === here ? 'page' : undefined}
              prefetch={false}
            >
              <Icon name={place.id} />
              {t(`places.${place.id}`)}
            </Link>
          ))}
          <hr className="rail-rule" />
          <ConnectionLine />
          <UserMenu />
          <RegionMenu />
          <ThemeMenu />
          <button type="button" className="button mt-2" onClick={() => sheet.current?.close()}>
            {close('close')}
          </button>
        </div>
      </dialog>
    </>
  );
}
