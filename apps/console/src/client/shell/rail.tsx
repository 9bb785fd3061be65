'use client';

import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { Fragment } from 'react';
import { Icon } from '../ui/icon.tsx';
import { useFrame } from './frame-context.tsx';
import { hrefOf, PLACES, type PlaceId } from './places.ts';
import { RailFoot } from './rail-foot.tsx';

interface RailProps {
  readonly here: PlaceId | null;
  readonly narrow: boolean;
  readonly onNarrow: (narrow: boolean) => void;
}

export function Rail({ here, narrow, onNarrow }: RailProps) {
  const t = useTranslations('shell');
  const frame = useFrame();
  const places = PLACES.filter((place) => !frame.hiddenPlaces.includes(place.id));
  return (
    <nav className="rail" aria-label={t('main')}>
      {places.map((place, at) => (
        <Fragment key={place.id}>
          {at > 0 && places[at - 1]?.group !== place.group && <hr className="rail-rule" />}
          <Link
            className="rail-entry"
            href={hrefOf(place, frame.cluster?.id ?? null)}
            aria-current={place.id === here ? 'page' : undefined}
            title={narrow ? t(`places.${place.id}`) : undefined}
            prefetch={false}
          >
            <Icon name={place.id} />
            <span className="rail-word">{t(`places.${place.id}`)}</span>
            <RailCount place={place.id} />
          </Link>
        </Fragment>
      ))}
      <RailFoot narrow={narrow} onNarrow={onNarrow} />
    </nav>
  );
}

/** A bare number to the eye, a phrase to the ear. */
function RailCount({ place }: { readonly place: PlaceId }) {
  const t = useTranslations('shell.rail');
  const { problems, draftChanges } = useFrame();
  const count = place === 'overview' ? problems : place === 'configuration' ? draftChanges : 0;
  if (count === 0) return null;
  return (
    <em>
      <span aria-hidden="true">{count}</span>
      <span className="sr-only">{place === 'overview' ? t('problems', { count }) : t('changes', { count })}</span>
    </em>
  );
}
