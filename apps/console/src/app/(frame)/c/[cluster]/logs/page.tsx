import { getTranslations } from 'next-intl/server';
import { LogsPage } from '../../../../../client/pages/logs/logs-page.tsx';

export const generateMetadata = async () => ({ title: (await getTranslations('logs'))('title') });

export default async function Page({ params }: { readonly params: Promise<{ readonly cluster: string }> }) {
  return <LogsPage cluster={decodeURIComponent((await params).cluster)} />;
}
