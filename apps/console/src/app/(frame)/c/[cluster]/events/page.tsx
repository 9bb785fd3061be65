import { getTranslations } from 'next-intl/server';
import { EventsPage } from '../../../../../client/pages/events/events-page.tsx';

export const generateMetadata = async () => ({ title: (await getTranslations('events'))('title') });

export default async function Page({ params }: { readonly params: Promise<{ readonly cluster: string }> }) {
  return <EventsPage cluster={decodeURIComponent((await params).cluster)} />;
}
