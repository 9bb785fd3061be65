import { getTranslations } from 'next-intl/server';
import { Routing } from '../../../../../client/pages/routing/routing.tsx';

export const generateMetadata = async () => ({ title: (await getTranslations('routing'))('title') });

interface Props {
  readonly params: Promise<{ readonly cluster: string }>;
}

export default async function RoutingPage({ params }: Props) {
  return <Routing cluster={decodeURIComponent((await params).cluster)} />;
}
