import { redirect } from 'next/navigation';
import { signedIn } from './who.ts';

/** To the first cluster that one may see. */
export default async function Home() {
  const { clusters } = await signedIn();
  const [first] = clusters;
  redirect(first === undefined ? '/settings/clusters' : `/c/${encodeURIComponent(first.slug)}`);
}
