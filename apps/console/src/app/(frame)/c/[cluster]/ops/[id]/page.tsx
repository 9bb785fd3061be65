import { getTranslations } from 'next-intl/server';
import { RunPage } from '../../../../../../client/pages/ops/run-page.tsx';

export const generateMetadata = async () => ({ title: (await getTranslations('ops'))('title') });

interface Props {
  readonly params: Promise<{ readonly cluster: string; readonly id: string }>;
}

export default async function Page({ params }: Props) {
  const { cluster, id } = await params;
  return <RunPage cluster={decodeURIComponent(cluster)} id={decodeURIComponent(id)} />;
}
