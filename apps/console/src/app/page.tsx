import { redirect } from 'next/navigation';
import { signedIn } from './who.ts';

/** To the first cluster that one may see; without one, to where it is added. */
export default async function Home() {
  const { clusters } = await signedIn();
  const [first] = clusters;
  redirect(first === undefined ? '/welcome' : `/c/${encodeURIComponent(first.slug)}`);
}
