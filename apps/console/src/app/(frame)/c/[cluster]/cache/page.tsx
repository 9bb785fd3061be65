import { getTranslations } from 'next-intl/server';
import { CachePage } from '../../../../../client/pages/cache/cache-page.tsx';

export const generateMetadata = async () => ({ title: (await getTranslations('cache'))('title') });

export default async function Page({ params }: { readonly params: Promise<{ readonly cluster: string }> }) {
  return <CachePage cluster={decodeURIComponent((await params).cluster)} />;
}
