import { getTranslations } from 'next-intl/server';
import { Invitation } from '../../client/people/invitation.tsx';

export const generateMetadata = async () => ({ title: (await getTranslations('door'))('inviteTitle') });

/** The token stands behind the # of the address: it reaches no log. */
export default function InvitePage() {
  return <Invitation />;
}
