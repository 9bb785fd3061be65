'use client';

import { useTranslations } from 'next-intl';
import { useMemo } from 'react';
import { splitName, type TextChange } from '../../../shared/config/changes.ts';
import type { ParameterChange } from '../../ui/change-list.tsx';
import type { Checked } from './answers.ts';
import { useRoom } from './room.tsx';
import { effectOf, effectOfName, shownValue } from './values.ts';

/** The first sentence of a paragraph: what the parameter is about. */
const firstSentence = (doc: string): string => /^.*?[.](?=\s|$)/s.exec(doc)?.[0] ?? doc;

/** Changes between two texts as rows: with units, defaults named, what each costs, and what each proxy runs now. */
export function useChangeRows(changes: readonly TextChange[], checked: Checked | null): readonly ParameterChange[] {
  const t = useTranslations('config.change');
  const { byName, running } = useRoom();
  return useMemo(
    () =>
      changes.map(({ name, from, to }) => {
        const { base, index } = splitName(name, byName);
        const facts = byName.get(base);
        // A numbered line that is gone is a node that is gone; any other goes back to its default.
        const absent =
          facts === undefined || (index !== null && facts.indexed?.free !== true)
            ? t('absent')
            : t('default', { value: shownValue(name, facts.default, byName) || t('empty') });
        const seen = (checked?.proxies ?? []).flatMap(
          ({ check }) => check?.changes.filter((change) => change.name === name) ?? [],
        );
        const [change] = seen;
        const effect =
          change === undefined || change.effect === 'none' ? effectOfName(name, byName) : effectOf(change.effect);
        return {
          name,
          before: from === null ? absent : shownValue(name, from, byName) || t('empty'),
          after:
            to === null ? absent : facts?.secret === true ? t('newSecret') : shownValue(name, to, byName) || t('empty'),
          effect,
          ...(facts === undefined ? {} : { sentence: <span lang="en">{firstSentence(facts.doc)}</span> }),
          proxies: (running.data ?? []).flatMap(({ proxy, parameters }) => {
            const runs = parameters.find((one) => one.name === name);
            if (runs === undefined) return [];
            return [{ name: proxy, note: t('runs', { value: runs.value === '' ? t('empty') : runs.value }) }];
          }),
        };
      }),
    [changes, checked, byName, running.data, t],
  );
}
