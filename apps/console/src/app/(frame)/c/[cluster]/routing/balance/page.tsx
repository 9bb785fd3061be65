import { getTranslations } from 'next-intl/server';
import { BalancePage } from '../../../../../../client/pages/balance/balance-page.tsx';

export const generateMetadata = async () => ({ title: (await getTranslations('balance'))('title') });

export default async function Page({ params }: { readonly params: Promise<{ readonly cluster: string }> }) {
  return <BalancePage cluster={decodeURIComponent((await params).cluster)} />;
}
