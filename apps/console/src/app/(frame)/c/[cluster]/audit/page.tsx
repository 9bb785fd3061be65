import { getTranslations } from 'next-intl/server';
import { AuditPage } from '../../../../../client/pages/audit/audit-page.tsx';

export const generateMetadata = async () => ({ title: (await getTranslations('audit'))('title') });

export default async function Page({ params }: { readonly params: Promise<{ readonly cluster: string }> }) {
  const { cluster } = await params;
  return <AuditPage cluster={decodeURIComponent(cluster)} />;
}
