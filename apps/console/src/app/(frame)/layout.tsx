import { cookies } from 'next/headers';
import type { ReactNode } from 'react';
import { FeedFrame } from '../../client/frame/feed-frame.tsx';
import { MeProvider } from '../../client/frame/me.tsx';
import { LiveProvider } from '../../client/live/live.tsx';
import { Shell } from '../../client/shell/shell.tsx';
import { RAIL_COOKIE } from '../../i18n/preferences.ts';
import { signedIn } from '../who.ts';

export default async function FrameLayout({ children }: { readonly children: ReactNode }) {
  const me = await signedIn();
  const railNarrow = (await cookies()).get(RAIL_COOKIE)?.value === 'narrow';
  return (
    <MeProvider value={me}>
      <LiveProvider>
        <FeedFrame>
          <Shell railNarrow={railNarrow}>{children}</Shell>
        </FeedFrame>
      </LiveProvider>
    </MeProvider>
  );
}
