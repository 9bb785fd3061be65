'use client';

import dynamic from 'next/dynamic';
import { usePathname, useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { type ReactNode, useState } from 'react';
import { RAIL_COOKIE } from '../../i18n/preferences.ts';
import { BannerSlot } from './banner-slot.tsx';
import { setPreference } from './cookie.ts';
import type { Crumb } from './frame.ts';
import { useFrame } from './frame-context.tsx';
import { Header } from './header.tsx';
import type { KeyAct } from './keys.ts';
import { LiveRegions } from './live-regions.tsx';
import { PhoneBar } from './phone-bar.tsx';
import { hrefOf, PLACES, type PlaceId, placeAt } from './places.ts';
import { Rail } from './rail.tsx';
import { useKeys } from './use-keys.ts';

const Palette = dynamic(() => import('./palette.tsx').then((module) => module.Palette), { ssr: false });
const KeysHelp = dynamic(() => import('./keys-help.tsx').then((module) => module.KeysHelp), { ssr: false });

interface ShellProps {
  /** Without them the header names the place that the address belongs to. */
  readonly crumbs?: readonly Crumb[];
  /** The place that is marked in the rail; by default the one that the address belongs to. */
  readonly here?: PlaceId;
  /** From the cookie, so that the rail does not jump when the page wakes up. */
  readonly railNarrow?: boolean;
  readonly children: ReactNode;
}

/** The frame around every page of a cluster. It reads the Frame above it (`FrameProvider`) and knows nothing else. */
export function Shell({ crumbs, here: given, railNarrow = false, children }: ShellProps) {
  const t = useTranslations('shell');
  const frame = useFrame();
  const router = useRouter();
  const pathname = usePathname();
  const here = given ?? placeAt(pathname);
  const [narrow, setNarrow] = useState(railNarrow);
  const [open, setOpen] = useState<'palette' | 'help' | null>(null);

  const onAct = (act: KeyAct): boolean => {
    if (act.kind === 'palette' || act.kind === 'help') {
      setOpen(act.kind);
      return true;
    }
    if (act.kind === 'pause') {
      frame.onPause();
      return true;
    }
    if (act.kind === 'filter') {
      const filter = document.querySelector<HTMLInputElement>('input[data-filter]');
      filter?.focus();
      filter?.select();
      return filter !== null;
    }
    const place = PLACES.find(
      ({ key, id }) => act.kind === 'go' && key === act.key && !frame.hiddenPlaces.includes(id),
    );
    if (place === undefined) return false;
    router.push(hrefOf(place, frame.cluster?.id ?? null));
    return true;
  };
  useKeys(onAct);

  return (
    <LiveRegions>
      <a className="skip-link" href="#page">
        {t('skip')}
      </a>
      <div className="app" data-rail={narrow ? 'narrow' : 'wide'}>
        <Header
          crumbs={crumbs ?? (here === null ? [] : [{ label: t(`places.${here}`) }])}
          onPalette={() => setOpen('palette')}
        />
        <Rail
          here={here}
          narrow={narrow}
          onNarrow={(wanted) => {
            setNarrow(wanted);
            setPreference(RAIL_COOKIE, wanted ? 'narrow' : 'wide');
          }}
        />
        <div className="app-main">
          <BannerSlot />
          <main id="page" className="page" tabIndex={-1}>
            {children}
          </main>
        </div>
        <PhoneBar here={here} />
      </div>
      {open === 'palette' && <Palette onClose={() => setOpen(null)} />}
      {open === 'help' && <KeysHelp onClose={() => setOpen(null)} />}
    </LiveRegions>
  );
}
