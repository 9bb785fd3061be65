'use client';
/** The configurations that a question can go by: what runs, an open draft, any version. */
import { useTranslations } from 'next-intl';
import { api } from '../../live/api.ts';
import { useTopic } from '../../live/live.tsx';
import { useAsk } from '../../live/use-ask.ts';

export interface Side {
  /** `live`, `draft:<id>`, `version:<number>`. */
  readonly value: string;
  readonly label: string;
}

export function useSides(cluster: string): readonly Side[] {
  const t = useTranslations('routing.side');
  const { data } = useTopic(cluster, 'config');
  const stamp = data?.stamp ?? 0;
  const drafts = useAsk(`drafts ${cluster}`, () => api.config.drafts.list.query({ cluster }), { stamp });
  const versions = useAsk(`versions ${cluster}`, () => api.config.versions.list.query({ cluster }), { stamp });
  return [
    { value: 'live', label: t('live') },
    ...(drafts.data ?? []).map(({ id, title, changes }) => ({
      value: `draft:${id}`,
      label: title === '' ? t('draft', { count: changes }) : t('draftTitled', { title, count: changes }),
    })),
    ...(versions.data ?? []).map(({ number, reason }) => ({
      value: `version:${number}`,
      label:
        reason === '' ? t('version', { number: String(number) }) : t('versionFor', { number: String(number), reason }),
    })),
  ];
}

/** The text of one; undefined: what runs. */
export async function textOf(cluster: string, side: string): Promise<string | undefined> {
  const [kind, name = ''] = side.split(/:(.*)/s);
  if (kind === 'draft') return (await api.config.drafts.get.query({ cluster, id: name })).files['pgpool.conf'];
  if (kind === 'version')
    return (await api.config.versions.get.query({ cluster, number: Number(name) })).files['pgpool.conf'];
  return undefined;
}
