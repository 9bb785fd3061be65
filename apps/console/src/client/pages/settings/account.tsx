'use client';
/** One's own: language and appearance, password, second factor, sign-ins. */
import { useLocale, useTimeZone, useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { THEMES, type Theme } from '../../../i18n/preferences.ts';
import { LOCALES, type Locale } from '../../../shared/messages/index.ts';
import { useMe } from '../../frame/me.tsx';
import { api } from '../../live/api.ts';
import { useAsk } from '../../live/use-ask.ts';
import { useFresh } from '../../people/fresh-sign-in.tsx';
import { useRegion, useTheme } from '../../shell/use-preferences.ts';
import { Button } from '../../ui/button.tsx';
import { ConfirmPopover } from '../../ui/confirm-popover.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { Field } from '../../ui/field.tsx';
import { Input } from '../../ui/input.tsx';
import { Panel, PanelPart } from '../../ui/panel.tsx';
import { Select } from '../../ui/select.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useNow } from '../../ui/use-now.ts';
import { ShownOnce } from './shown-once.tsx';
import { Trouble } from './trouble.tsx';
import { useAct } from './use-act.ts';

export function Account() {
  return (
    <>
      <div className="columns" style={{ '--columns': 'repeat(3, minmax(0, 1fr))' } as never}>
        <Preferences />
        <Password />
        <SecondFactor />
      </div>
      <SignIns />
    </>
  );
}

function Preferences() {
  const t = useTranslations('settings.account');
  const shell = useTranslations('shell');
  const locale = useLocale();
  const zone = useTimeZone() ?? 'UTC';
  const { theme, choose } = useTheme();
  const { chooseLocale, chooseZone } = useRegion();
  const { act, trouble } = useAct();
  const zones = [...new Set(['UTC', zone, ...Intl.supportedValuesOf('timeZone')])];
  // The cookie counts at once; the account keeps it for the next browser.
  const keep = (change: { locale?: Locale; theme?: Theme; timeZone?: string }): void =>
    void act(() => api.auth.setPreferences.mutate(change));
  return (
    <Panel title={t('preferences')} className="self-start">
      <PanelPart className="flex flex-col gap-3">
        <Field label={t('language')}>
          {(field) => (
            <Select
              field={field}
              value={locale}
              options={LOCALES.map((value) => ({ value, label: shell(`language.${value}`) }))}
              onChange={(value) => {
                chooseLocale(value as Locale);
                keep({ locale: value as Locale });
              }}
            />
          )}
        </Field>
        <Field label={t('theme')}>
          {(field) => (
            <Select
              field={field}
              value={theme}
              options={THEMES.map((value) => ({ value, label: shell(`theme.${value}`) }))}
              onChange={(value) => {
                choose(value as Theme);
                keep({ theme: value as Theme });
              }}
            />
          )}
        </Field>
        <Field label={t('zone')}>
          {(field) => (
            <Select
              field={field}
              value={zone}
              options={zones.map((value) => ({ value, label: value }))}
              onChange={(value) => {
                chooseZone(value);
                keep({ timeZone: value });
              }}
            />
          )}
        </Field>
        <Trouble text={trouble} />
      </PanelPart>
    </Panel>
  );
}

function Password() {
  const t = useTranslations('settings.account');
  const { fresh, dialog } = useFresh();
  const { act, busy, trouble } = useAct();
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [changed, setChanged] = useState(false);
  const differs = again !== '' && again !== password;
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (password !== again) return;
    const done = await act(() => fresh(() => api.auth.changePassword.mutate({ password })));
    setChanged(done);
    if (!done) return;
    setPassword('');
    setAgain('');
  };
  return (
    <Panel title={t('password')} className="self-start">
      {dialog}
      <PanelPart>
        <form className="flex flex-col gap-3" onSubmit={(event) => void submit(event)}>
          <Field label={t('newPassword')} hint={t('newPasswordHint')}>
            {(field) => (
              <Input
                {...{ field, value: password, onChange: setPassword, required: true, type: 'password' }}
                {...{ autoComplete: 'new-password', name: 'password' }}
              />
            )}
          </Field>
          <Field label={t('repeat')} messages={differs ? [{ kind: 'error', text: t('differs') }] : []}>
            {(field) => (
              <Input
                {...{ field, value: again, onChange: setAgain, required: true, type: 'password' }}
                {...{ autoComplete: 'new-password', name: 'again' }}
              />
            )}
          </Field>
          <Trouble text={trouble} />
          <div className="flex items-center gap-3">
            <Button type="submit" busy={busy} reason={differs ? t('differs') : undefined}>
              {t('change')}
            </Button>
          </div>
          <span className="small muted" role="status">
            {changed ? t('changed') : ''}
          </span>
        </form>
      </PanelPart>
    </Panel>
  );
}

interface Begun {
  readonly secret: string;
  readonly svg: string;
}

function SecondFactor() {
  const t = useTranslations('settings.account');
  const me = useMe();
  const { fresh, dialog } = useFresh();
  const { act, busy, trouble } = useAct();
  const [on, setOn] = useState(me.user?.secondFactor === true);
  const [begun, setBegun] = useState<Begun | null>(null);
  const [code, setCode] = useState('');
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const begin = (): void => void act(async () => setBegun(await fresh(() => api.auth.beginSecondFactor.mutate())));
  const enable = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    await act(async () => {
      const { recoveryCodes } = await api.auth.enableSecondFactor.mutate({ code: code.trim() });
      setCodes(recoveryCodes);
      setBegun(null);
      setCode('');
      setOn(true);
    });
  };
  const disable = (): void =>
    void act(async () => {
      await fresh(() => api.auth.disableSecondFactor.mutate());
      setOn(false);
    });
  return (
    <Panel title={t('factor')} className="self-start">
      {dialog}
      {codes !== null && (
        <ShownOnce
          title={t('recovery')}
          about={t('recoveryText')}
          text={codes.join('\n')}
          copy={t('copyCodes')}
          done={t('keptCodes')}
          onClose={() => setCodes(null)}
        />
      )}
      <PanelPart className="flex flex-col items-start gap-3">
        <p className="muted">{on ? t('factorOn') : t('factorOff')}</p>
        {on ? (
          <ConfirmPopover
            opener={t('factorOffAsk')}
            act={t('factorOffAct')}
            effect={t('factorOffEffect')}
            onConfirm={disable}
          />
        ) : begun === null ? (
          <Button busy={busy} onClick={begin}>
            {t('factorBegin')}
          </Button>
        ) : (
          <form className="flex w-full flex-col gap-3" onSubmit={(event) => void enable(event)}>
            <p>{t('scan')}</p>
            {/* biome-ignore lint/performance/noImgElement: drawn by the server a moment ago, nothing to optimise */}
            <img
              width={168}
              height={168}
              className="bg-white p-2"
              alt={t('qr')}
              src={`data:image/svg+xml,${encodeURIComponent(begun.svg)}`}
            />
            <div>
              <div className="small quiet">{t('secret')}</div>
              <code className="break-all">{begun.secret}</code>
            </div>
            <Field label={t('firstCode')}>
              {(field) => (
                <Input
                  {...{ field, value: code, onChange: setCode, required: true, keyboard: 'numeric' }}
                  {...{ autoComplete: 'one-time-code', name: 'code', mono: true }}
                />
              )}
            </Field>
            <Button type="submit" kind="primary" busy={busy}>
              {t('enable')}
            </Button>
          </form>
        )}
        <Trouble text={trouble} />
      </PanelPart>
    </Panel>
  );
}

type SignIn = Awaited<ReturnType<typeof api.auth.mySignIns.query>>[number];

function SignIns() {
  const t = useTranslations('settings.account');
  const format = useFormat();
  const now = useNow();
  const { data, failure, reload } = useAsk('my sign-ins', () => api.auth.mySignIns.query());
  const { act, trouble } = useAct();
  const time = (iso: string): string => format.instant(Date.parse(iso), now ?? Date.parse(iso));
  if (data === null && failure !== null)
    return <ErrorPanel what={t('signIns')} raw={failure.message} onRetry={reload} />;
  const columns: readonly Column<SignIn>[] = [
    {
      id: 'browser',
      head: t('browser'),
      cell: ({ userAgent, current }) => (
        <>
          {browserOf(userAgent)} {current && <span className="quiet font-normal">{t('current')}</span>}
        </>
      ),
      card: 'head',
    },
    { id: 'address', head: t('address'), cell: ({ address }) => <span className="mono">{address}</span> },
    { id: 'since', head: t('since'), cell: ({ createdAt }) => time(createdAt) },
    { id: 'seen', head: t('seen'), cell: ({ lastSeenAt }) => time(lastSeenAt) },
    {
      id: 'end',
      head: '',
      cell: ({ id, current }) =>
        !current && (
          <Button
            small
            onClick={() => void act(() => api.auth.endMySignIn.mutate({ id })).then((done) => done && reload())}
          >
            {t('end')}
          </Button>
        ),
    },
  ];
  return (
    <Panel title={t('signIns')} count={data?.length}>
      {data === null ? (
        <Skeleton what={t('signIns')} rows={2} />
      ) : (
        <DataTable label={t('signIns')} columns={columns} rows={data} rowKey={({ id }) => id} />
      )}
      {trouble !== '' && (
        <PanelPart>
          <Trouble text={trouble} />
        </PanelPart>
      )}
    </Panel>
  );
}

/** "Firefox, Linux": what tells one's own browsers apart. */
function browserOf(agent: string): string {
  const browser = /(Edg|OPR|Firefox|Chrome|Safari|curl)[A-Za-z]*\/[\d.]+/.exec(agent)?.[1] ?? agent.slice(0, 40);
  const system = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(agent)?.[1] ?? '';
  const name = { Edg: 'Edge', OPR: 'Opera' }[browser] ?? browser;
  return system === '' ? name : `${name}, ${system.replace('Mac OS X', 'macOS')}`;
}
