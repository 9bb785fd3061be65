import { getTranslations } from 'next-intl/server';
import { FilePage } from '../../../../../../client/pages/config/file/file-page.tsx';

export const generateMetadata = async () => ({ title: (await getTranslations('config.titles'))('file') });

export default function ConfigFilePage() {
  return <FilePage file="pgpool.conf" />;
}
