'use client';

import { useTranslations } from 'next-intl';
import { useCallback } from 'react';

/** `Logging - where` → `loggingWhere`: the key of a group's name in the messages. */
const keyOf = (group: string): string =>
  (group.match(/[A-Za-z]+/g) ?? [])
    .map((word, at) => (at === 0 ? word.toLowerCase() : `${word[0]?.toUpperCase()}${word.slice(1).toLowerCase()}`))
    .join('');

/** The name of a group in the reader's language; a group of a newer proxy keeps the proxy's own. */
export function useGroupName(): (group: string) => string {
  const t = useTranslations('config.groups');
  return useCallback(
    (group) => {
      const key = keyOf(group) as 'connections';
      return t.has(key) ? t(key) : group;
    },
    [t],
  );
}
