import { getTranslations } from 'next-intl/server';
import { ApplyRun } from '../../../../../../../client/pages/config/review/apply-run.tsx';

export const generateMetadata = async () => ({ title: (await getTranslations('config.titles'))('apply') });

interface Props {
  readonly params: Promise<{ readonly id: string }>;
}

export default async function ApplyRunPage({ params }: Props) {
  const id = decodeURIComponent((await params).id);
  return <ApplyRun key={id} id={id} />;
}
