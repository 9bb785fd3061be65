import { getTranslations } from 'next-intl/server';
import { Review } from '../../../../../../../client/pages/config/review/review.tsx';

export const generateMetadata = async () => ({ title: (await getTranslations('config.titles'))('review') });

interface Props {
  readonly params: Promise<{ readonly id: string }>;
}

export default async function ReviewPage({ params }: Props) {
  const id = decodeURIComponent((await params).id);
  return <Review key={id} id={id} />;
}
