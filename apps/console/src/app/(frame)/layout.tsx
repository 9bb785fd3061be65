import { cookies } from 'next/headers';
import type { ReactNode } from 'react';
import { AnnounceChanges } from '../../client/frame/announce-changes.tsx';
import { FeedFrame } from '../../client/frame/feed-frame.tsx';
import { MeProvider } from '../../client/frame/me.tsx';
import { LiveProvider } from '../../client/live/live.tsx';
import { Shell } from '../../client/shell/shell.tsx';
import { Toasts } from '../../client/ui/toast.tsx';
import { RAIL_COOKIE } from '../../i18n/preferences.ts';
import { signedIn } from '../who.ts';

export default async function FrameLayout({ children }: { readonly children: ReactNode }) {
  const me = await signedIn();
  const railNarrow = (await cookies()).get(RAIL_COOKIE)?.value === 'narrow';
  return (
    <MeProvider value={me}>
      <LiveProvider>
        <FeedFrame>
          <Toasts>
            <Shell railNarrow={railNarrow}>
              <AnnounceChanges />
              {children}
            </Shell>
          </Toasts>
        </FeedFrame>
      </LiveProvider>
    </MeProvider>
  );
}
