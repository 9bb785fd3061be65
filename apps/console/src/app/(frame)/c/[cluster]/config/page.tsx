import { getTranslations } from 'next-intl/server';
import { ConfigForm } from '../../../../../client/pages/config/form/config-form.tsx';

export const generateMetadata = async () => ({ title: (await getTranslations('config.titles'))('form') });

export default function ConfigFormPage() {
  return <ConfigForm />;
}
