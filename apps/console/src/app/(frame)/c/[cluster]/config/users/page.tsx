import { getTranslations } from 'next-intl/server';
import { Users } from '../../../../../../client/pages/config/users/users.tsx';

export const generateMetadata = async () => ({ title: (await getTranslations('config.titles'))('users') });

export default function UsersPage() {
  return <Users />;
}
