import type { ReactNode } from 'react';
import { ConfigRoom } from '../../../../../client/pages/config/room.tsx';

interface Props {
  readonly params: Promise<{ readonly cluster: string }>;
  readonly children: ReactNode;
}

export default async function ConfigLayout({ params, children }: Props) {
  return <ConfigRoom cluster={decodeURIComponent((await params).cluster)}>{children}</ConfigRoom>;
}
