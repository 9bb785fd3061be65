'use client';

import { useTranslations } from 'next-intl';
import { Glyph } from '../ui/glyph.tsx';
import type { Health } from '../ui/status.ts';
import { useFormat } from '../ui/use-format.ts';
import { useNow } from '../ui/use-now.ts';
import type { Connection } from './frame.ts';
import { useFrame } from './frame-context.tsx';

const LIGHT: Readonly<Record<Connection['state'], Health>> = {
  live: 'ok',
  stream: 'ok',
  polling: 'degraded',
  paused: 'out',
  connecting: 'changing',
  lost: 'down',
};

/** The connection light: how live what one sees is, in a shape and in words. */
export function ConnectionLine() {
  const t = useTranslations('shell.connection');
  const format = useFormat();
  const now = useNow();
  const { connection } = useFrame();
  const { factsAtMs } = connection;
  const state =
    factsAtMs === null || now === null ? (connection.state === 'lost' ? 'lost' : 'connecting') : connection.state;
  const age = format.wholeDuration(Math.max(0, (now ?? 0) - (factsAtMs ?? now ?? 0)));
  const words = {
    live: () => t('live', { age }),
    stream: () => t('stream', { age }),
    polling: () => t('polling', { age }),
    paused: () => t('paused', { time: format.clock(factsAtMs ?? 0) }),
    connecting: () => t('connecting'),
    lost: () => t('lost', { age }),
  } satisfies Record<Connection['state'], () => string>;
  return (
    <div className="rail-foot-line">
      <Glyph kind={LIGHT[state]} size="small" />
      <span className="rail-word">{words[state]()}</span>
    </div>
  );
}
