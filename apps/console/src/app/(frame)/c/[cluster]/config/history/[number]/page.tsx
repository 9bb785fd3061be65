import { getTranslations } from 'next-intl/server';
import { VersionPage } from '../../../../../../../client/pages/config/history/version-page.tsx';

export const generateMetadata = async () => ({ title: (await getTranslations('config.titles'))('version') });

interface Props {
  readonly params: Promise<{ readonly number: string }>;
}

export default async function ConfigVersionPage({ params }: Props) {
  const { number } = await params;
  return <VersionPage key={number} number={Number(number)} />;
}
