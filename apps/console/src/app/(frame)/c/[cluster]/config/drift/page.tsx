import { getTranslations } from 'next-intl/server';
import { Drift } from '../../../../../../client/pages/config/drift/drift.tsx';

export const generateMetadata = async () => ({ title: (await getTranslations('config.titles'))('drift') });

export default function DriftPage() {
  return <Drift />;
}
