import { getTranslations } from 'next-intl/server';
import { NodePage } from '../../../../../../client/pages/nodes/node-page.tsx';

interface Props {
  readonly params: Promise<{ readonly cluster: string; readonly id: string }>;
}

export async function generateMetadata({ params }: Props) {
  return { title: (await getTranslations('nodes'))('nodeTitle', { node: decodeURIComponent((await params).id) }) };
}

export default async function Page({ params }: Props) {
  const { cluster, id } = await params;
  return <NodePage cluster={decodeURIComponent(cluster)} id={decodeURIComponent(id)} />;
}
