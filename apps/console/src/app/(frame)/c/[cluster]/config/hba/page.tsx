import { getTranslations } from 'next-intl/server';
import { FilePage } from '../../../../../../client/pages/config/file/file-page.tsx';

export const generateMetadata = async () => ({ title: (await getTranslations('config.titles'))('hba') });

export default function AccessRulesPage() {
  return <FilePage file="pool_hba.conf" />;
}
