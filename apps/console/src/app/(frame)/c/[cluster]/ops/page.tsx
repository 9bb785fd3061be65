import { getTranslations } from 'next-intl/server';
import { OpsPage } from '../../../../../client/pages/ops/ops-page.tsx';

export const generateMetadata = async () => ({ title: (await getTranslations('ops'))('title') });

export default async function Page({ params }: { readonly params: Promise<{ readonly cluster: string }> }) {
  const { cluster } = await params;
  return <OpsPage cluster={decodeURIComponent(cluster)} />;
}
