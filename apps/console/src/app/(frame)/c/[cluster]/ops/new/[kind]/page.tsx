import { notFound } from 'next/navigation';
import { getTranslations } from 'next-intl/server';
import { ActWizard, AddNode } from '../../../../../../../client/pages/ops/wizards.tsx';

const KINDS = ['switchover', 'failover', 'recover', 'add-node'] as const;

interface Props {
  readonly params: Promise<{ readonly cluster: string; readonly kind: string }>;
}

const kindOf = (text: string) => KINDS.find((kind) => kind === text) ?? notFound();

export async function generateMetadata({ params }: Props) {
  const kind = kindOf((await params).kind);
  const t = await getTranslations('ops');
  return {
    title:
      kind === 'add-node' ? t('addNode.title') : t(kind === 'recover' ? 'wizard.recover' : `wizard.${kind}Unknown`),
  };
}

export default async function Page({ params }: Props) {
  const { cluster, kind: asked } = await params;
  const kind = kindOf(asked);
  const slug = decodeURIComponent(cluster);
  return kind === 'add-node' ? <AddNode cluster={slug} /> : <ActWizard cluster={slug} kind={kind} />;
}
