'use client';

import { useTranslations } from 'next-intl';
import { Dialog } from '../ui/dialog.tsx';
import { useFrame } from './frame-context.tsx';
import { PLACES } from './places.ts';

/** `?`: the list of keys. */
export function KeysHelp({ onClose }: { readonly onClose: () => void }) {
  const t = useTranslations('shell');
  const { hiddenPlaces } = useFrame();
  const rows: readonly (readonly [readonly string[], string])[] = [
    [['⌘K'], t('keys.palette')],
    [['/'], t('keys.filter')],
    [['.'], t('keys.pause')],
    [['?'], t('keys.help')],
    [['esc'], t('keys.close')],
    ...PLACES.filter((place) => !hiddenPlaces.includes(place.id)).map(
      (place) => [['g', place.key], t('keys.go', { place: t(`places.${place.id}`) })] as const,
    ),
  ];
  return (
    <Dialog title={t('keys.title')} onClose={onClose}>
      <dl className="fact-list">
        {rows.map(([keys, meaning]) => (
          <div key={meaning} className="contents">
            <dt className="fact-key">
              {keys.map((key, at) => (
                <span key={key}>
                  {at > 0 && <span className="sr-only"> {t('keys.followedBy')} </span>}
                  <kbd>{key}</kbd>{' '}
                </span>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
