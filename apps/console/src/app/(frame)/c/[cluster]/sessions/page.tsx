import { getTranslations } from 'next-intl/server';
import { SessionsPage } from '../../../../../client/pages/sessions/sessions-page.tsx';

export const generateMetadata = async () => ({ title: (await getTranslations('sessions'))('title') });

export default async function Page({ params }: { readonly params: Promise<{ readonly cluster: string }> }) {
  return <SessionsPage cluster={decodeURIComponent((await params).cluster)} />;
}
