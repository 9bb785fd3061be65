'use client';

import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { Dialog } from 'radix-ui';
import { useDeferredValue, useEffect, useId, useMemo, useRef, useState } from 'react';
import { Icon } from '../ui/icon.tsx';
import { useOpener } from '../ui/use-opener.ts';
import type { PaletteEntry } from './frame.ts';
import { useFrame } from './frame-context.tsx';
import { groupEntries, matchEntries } from './palette-match.ts';
import { hrefOf, PLACES } from './places.ts';

const MOST = 60;

/** ⌘K: a combobox over everything one can go to. It opens wizards and dialogs; it executes nothing itself. */
export function Palette({ onClose }: { readonly onClose: () => void }) {
  const t = useTranslations('shell');
  const toOpener = useOpener();
  const router = useRouter();
  const frame = useFrame();
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const wanted = useDeferredValue(query);
  const listId = useId();
  const list = useRef<HTMLDivElement>(null);

  const pages = useMemo<readonly PaletteEntry[]>(
    () =>
      PLACES.filter((place) => !frame.hiddenPlaces.includes(place.id)).map((place) => ({
        id: `page-${place.id}`,
        group: 'pages',
        label: t(`places.${place.id}`),
        hint: `g ${place.key}`,
        also: place.id,
        href: hrefOf(place, frame.cluster?.id ?? null),
      })),
    [frame.hiddenPlaces, frame.cluster, t],
  );
  const groups = useMemo(
    () => groupEntries(matchEntries([...pages, ...frame.findEntries(wanted)], wanted, MOST)),
    [pages, frame, wanted],
  );
  const entries = groups.flatMap(([, members]) => members);
  const current = entries[Math.min(at, entries.length - 1)];

  useEffect(() => {
    if (current !== undefined)
      list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [current]);

  const choose = (entry: PaletteEntry): void => {
    onClose();
    if (entry.href !== undefined) router.push(entry.href);
    else entry.onChoose?.();
  };

  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="dialog-veil" />
        <Dialog.Content className="dialog palette" aria-describedby={undefined} onCloseAutoFocus={toOpener}>
          <Dialog.Title className="sr-only">{t('palette.title')}</Dialog.Title>
          <div className="palette-input">
            <Icon name="search" />
            <input
              role="combobox"
              aria-label={t('palette.title')}
              aria-expanded={entries.length > 0}
              aria-controls={listId}
              aria-activedescendant={current === undefined ? undefined : `${listId}-${current.id}`}
              aria-autocomplete="list"
              placeholder={t('palette.placeholder')}
              value={query}
              onChange={(event) => {
                setQuery(event.target.value);
                setAt(0);
              }}
              onKeyDown={(event) => {
                const last = entries.length - 1;
                if (event.key === 'ArrowDown') setAt(at >= last ? 0 : at + 1);
                else if (event.key === 'ArrowUp') setAt(at <= 0 ? last : at - 1);
                else if (event.key === 'Home') setAt(0);
                else if (event.key === 'End') setAt(last);
                else if (event.key === 'Enter' && !event.nativeEvent.isComposing && current !== undefined)
                  choose(current);
                else return;
                event.preventDefault();
              }}
            />
            <kbd>esc</kbd>
          </div>
          <div className="sr-only" role="status">
            {t('palette.found', { count: entries.length })}
          </div>
          <div ref={list} id={listId} role="listbox" aria-label={t('palette.title')} className="palette-list">
            {groups.map(([group, members]) => (
              // biome-ignore lint/a11y/useSemanticElements: a group of options inside a listbox
              <div key={group} role="group" aria-label={t(`palette.${group}`)}>
                <div className="palette-group" aria-hidden="true">
                  {t(`palette.${group}`)}
                </div>
                {members.map((entry) => (
                  // biome-ignore lint/a11y: keys arrive at the combobox, which points at this option
                  <div
                    key={entry.id}
                    id={`${listId}-${entry.id}`}
                    role="option"
                    aria-selected={entry === current}
                    className="palette-option"
                    onClick={() => choose(entry)}
                    onPointerMove={() => setAt(entries.indexOf(entry))}
                  >
                    {entry.label}
                    {entry.hint !== undefined && <small>{entry.hint}</small>}
                  </div>
                ))}
              </div>
            ))}
          </div>
          {entries.length === 0 && <p className="panel-part muted">{t('palette.none', { query: wanted })}</p>}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
