'use client';

import { useTranslations } from 'next-intl';
import { Tabs } from '../../ui/tabs.tsx';

export const VIEWS = ['one', 'batch', 'cases'] as const;

/** The parts of routing: statements by the rules, and what comes of the weights. */
export function RoutingTabs({
  cluster,
  here,
}: {
  readonly cluster: string;
  readonly here: (typeof VIEWS)[number] | 'balance';
}) {
  const t = useTranslations('routing');
  const base = `/c/${encodeURIComponent(cluster)}/routing`;
  return (
    <Tabs
      label={t('title')}
      tabs={[
        ...VIEWS.map((one) => ({
          href: one === 'one' ? base : `${base}?view=${one}`,
          label: t(`views.${one}`),
          here: one === here,
        })),
        { href: `${base}/balance`, label: t('views.balance'), here: here === 'balance' },
      ]}
    />
  );
}
