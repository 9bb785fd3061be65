import { getTranslations } from 'next-intl/server';
import { Unavailable } from '../../client/people/unavailable.tsx';

export const generateMetadata = async () => ({ title: (await getTranslations('door'))('unavailableTitle') });

export default function UnavailablePage() {
  return <Unavailable />;
}
