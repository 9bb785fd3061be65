'use client';
/** Address and token of a proxy's control API, tried before they are kept. Also what the welcome page begins with. */
import { useTranslations } from 'next-intl';
import { type ReactNode, useState } from 'react';
import { api } from '../../live/api.ts';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import { Glyph } from '../../ui/glyph.tsx';
import { Input } from '../../ui/input.tsx';
import { Textarea } from '../../ui/textarea.tsx';
import { Trouble } from './trouble.tsx';
import { useAct } from './use-act.ts';

export interface ProxyPlace {
  readonly name: string;
  readonly controlUrl: string;
  readonly token: string;
  readonly caCert: string | null;
}

type Tested = Awaited<ReturnType<typeof api.clusters.testProxy.mutate>>;

interface Props {
  /** A name that is free. */
  readonly suggested: string;
  /** The acts; they get the place, and whether it answered to the test. */
  readonly children: (place: ProxyPlace, tested: Tested | null) => ReactNode;
}

export function ProxyForm({ suggested, children }: Props) {
  const t = useTranslations('settings.clusters');
  const { act, busy, trouble } = useAct();
  const [name, setName] = useState(suggested);
  const [controlUrl, setUrl] = useState('http://localhost:9897');
  const [token, setToken] = useState('');
  const [caCert, setCa] = useState('');
  const [tested, setTested] = useState<Tested | null>(null);
  const place = {
    name: name.trim(),
    controlUrl: controlUrl.trim(),
    token: lastWord(token),
    caCert: caCert.trim() || null,
  };
  const { name: _, ...address } = place;
  const test = (): void =>
    void act(async () => {
      setTested(null);
      setTested(await api.clusters.testProxy.mutate(address));
    });
  const changed = (set: (value: string) => void) => (value: string) => {
    set(value);
    setTested(null);
  };
  return (
    <div className="flex flex-col gap-3">
      <Field label={t('proxyName')}>
        {(field) => <Input field={field} value={name} onChange={setName} name="proxy" mono required />}
      </Field>
      <Field label={t('url')} hint={t('urlHint')}>
        {(field) => (
          <Input field={field} value={controlUrl} onChange={changed(setUrl)} name="url" type="url" mono required />
        )}
      </Field>
      <Field label={t('token')} hint={t('tokenHint')}>
        {(field) => (
          <Input field={field} value={token} onChange={changed(setToken)} name="token" type="password" mono required />
        )}
      </Field>
      {controlUrl.startsWith('https:') && (
        <Field label={t('ca')} hint={t('caHint')}>
          {(field) => <Textarea field={field} value={caCert} onChange={changed(setCa)} rows={4} mono />}
        </Field>
      )}
      <div role="status">
        {tested !== null && (
          <p className="flex items-start gap-2">
            <Glyph kind={tested.ok ? 'ok' : 'down'} />
            <span className="min-w-0">
              {tested.ok ? t('testOk', { version: tested.version ?? '', nodes: tested.nodes }) : tested.detail}
            </span>
          </p>
        )}
      </div>
      <Trouble text={trouble} />
      <div className="flex flex-wrap gap-2">
        <Button busy={busy} onClick={test} kind={tested?.ok === true ? 'plain' : 'primary'}>
          {t('test')}
        </Button>
        {children(place, tested)}
      </div>
    </div>
  );
}

/** A whole line of the token file may be pasted: role, name, token. */
const lastWord = (text: string): string => text.trim().split(/\s+/).at(-1) ?? '';
