import { getTranslations } from 'next-intl/server';
import { History } from '../../../../../../client/pages/config/history/history.tsx';

export const generateMetadata = async () => ({ title: (await getTranslations('config.titles'))('history') });

export default function HistoryPage() {
  return <History />;
}
