import { getTranslations } from 'next-intl/server';
import { TopologyPage } from '../../../../../client/pages/topology/topology-page.tsx';

export const generateMetadata = async () => ({ title: (await getTranslations('topology'))('title') });

export default async function Page({ params }: { readonly params: Promise<{ readonly cluster: string }> }) {
  return <TopologyPage cluster={decodeURIComponent((await params).cluster)} />;
}
