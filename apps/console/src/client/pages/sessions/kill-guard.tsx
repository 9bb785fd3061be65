'use client';

import { useTranslations } from 'next-intl';
import { isOn, valuesOf } from '../../herd/running-values.ts';
import { api } from '../../live/api.ts';
import { useTopic } from '../../live/live.tsx';
import { useAsk } from '../../live/use-ask.ts';
import { Glyph } from '../../ui/glyph.tsx';

const GUARDED = 'failover_on_backend_shutdown';

/** Whether the end of a server process would be taken for a shutdown, by what each proxy runs with. */
export function KillGuard({ cluster }: { readonly cluster: string }) {
  const t = useTranslations('sessions.guard');
  const stamp = useTopic(cluster, 'config').data?.stamp;
  const { data } = useAsk(
    `guard ${cluster}`,
    () => api.config.running.query({ cluster }),
    stamp === undefined ? {} : { stamp },
  );
  if (data === null) return null;
  const on = [...valuesOf(data, GUARDED)].filter(([, value]) => isOn(value)).map(([proxy]) => proxy);
  if (on.length === 0) return <p className="small quiet">{t('off')}</p>;
  return (
    <div className="flex items-start gap-2" role="note">
      <Glyph kind="degraded" />
      <div>
        <b>{t('on', { proxies: on.join(', ') })}</b>
        <p className="muted">{t('onText')}</p>
      </div>
    </div>
  );
}
