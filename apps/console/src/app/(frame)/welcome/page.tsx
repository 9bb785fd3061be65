import { getTranslations } from 'next-intl/server';
import { Welcome } from '../../../client/pages/welcome/welcome.tsx';

export const generateMetadata = async () => ({ title: (await getTranslations('welcome'))('title') });

export default function Page() {
  return <Welcome />;
}
