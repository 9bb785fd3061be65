import 'server-only';
import { cookies, headers } from 'next/headers';
import { redirect } from 'next/navigation';
import { cache } from 'react';
import { pageDoor } from '../server/page-door.ts';
import type { Me } from '../server/rpc/people/me.ts';

/** Whoever asks for this page; once for each request. Null while the console's database cannot be used. */
export const who = cache(async (): Promise<Me | null> => {
  const door = pageDoor();
  if (door === null) return null;
  const jar = (await cookies()).toString();
  const secure = (await headers()).get('content-security-policy')?.includes(' wss:') ?? false;
  try {
    return await door.me(jar, secure);
  } catch {
    return null;
  }
});

/** @returns who is signed in; others are sent to where they can */
export async function signedIn(): Promise<Me & { readonly user: NonNullable<Me['user']> }> {
  const me = await who();
  if (me === null) redirect('/unavailable');
  if (me.user === null) redirect('/login');
  return me as Me & { readonly user: NonNullable<Me['user']> };
}
