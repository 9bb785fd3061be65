import { getTranslations } from 'next-intl/server';
import { Overview } from '../../../../client/pages/overview/overview.tsx';

export const generateMetadata = async () => ({ title: (await getTranslations('overview'))('title') });

export default async function OverviewPage({ params }: { readonly params: Promise<{ readonly cluster: string }> }) {
  const { cluster } = await params;
  return <Overview cluster={decodeURIComponent(cluster)} />;
}
