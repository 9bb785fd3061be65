import { getTranslations } from 'next-intl/server';
import { Import } from '../../../../../../client/pages/config/import/import.tsx';

export const generateMetadata = async () => ({ title: (await getTranslations('config.titles'))('import') });

export default function ImportPage() {
  return <Import />;
}
