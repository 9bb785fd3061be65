import { getTranslations } from 'next-intl/server';
import { NodesPage } from '../../../../../client/pages/nodes/nodes-page.tsx';

export const generateMetadata = async () => ({ title: (await getTranslations('nodes'))('title') });

export default async function Page({ params }: { readonly params: Promise<{ readonly cluster: string }> }) {
  return <NodesPage cluster={decodeURIComponent((await params).cluster)} />;
}
