import { redirect } from 'next/navigation';
import { getTranslations } from 'next-intl/server';
import { SignIn } from '../../client/people/sign-in.tsx';
import { who } from '../who.ts';

export const generateMetadata = async () => ({ title: (await getTranslations('door'))('title') });

export default async function LoginPage() {
  const me = await who();
  if (me === null) redirect('/unavailable');
  if (me.user !== null) redirect('/');
  return <SignIn fresh={me.fresh} />;
}
