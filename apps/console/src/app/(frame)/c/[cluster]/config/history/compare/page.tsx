import { getTranslations } from 'next-intl/server';
import { Compare } from '../../../../../../../client/pages/config/history/compare.tsx';

export const generateMetadata = async () => ({ title: (await getTranslations('config.titles'))('compare') });

export default function ComparePage() {
  return <Compare />;
}
