import { notFound } from 'next/navigation';
import { getTranslations } from 'next-intl/server';
import { SETTINGS_TABS } from '../../../../client/pages/settings/places.ts';
import { Settings } from '../../../../client/pages/settings/settings.tsx';

interface Props {
  readonly params: Promise<{ readonly tab: string }>;
}

const tabOf = (text: string) => SETTINGS_TABS.find((tab) => tab === text) ?? notFound();

export async function generateMetadata({ params }: Props) {
  const tab = tabOf((await params).tab);
  return { title: (await getTranslations('settings'))(`tabs.${tab}`) };
}

export default async function Page({ params }: Props) {
  return <Settings tab={tabOf((await params).tab)} />;
}
