'use client';
/** API tokens: made with a part of one's permissions, shown once, revoked. */
import { useTranslations } from 'next-intl';
import { useId, useState } from 'react';
import { isPermission, type Permission } from '../../../shared/permissions.ts';
import { useMe } from '../../frame/me.tsx';
import { api } from '../../live/api.ts';
import { useAsk } from '../../live/use-ask.ts';
import { useFresh } from '../../people/fresh-sign-in.tsx';
import { Button } from '../../ui/button.tsx';
import { Checkbox } from '../../ui/choice.tsx';
import { ConfirmPopover } from '../../ui/confirm-popover.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { Field } from '../../ui/field.tsx';
import { FormFoot } from '../../ui/form-foot.tsx';
import { Input } from '../../ui/input.tsx';
import { Panel, PanelPart } from '../../ui/panel.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useNow } from '../../ui/use-now.ts';
import { ShownOnce } from './shown-once.tsx';
import { Trouble } from './trouble.tsx';
import { useAct } from './use-act.ts';

type Token = Awaited<ReturnType<typeof api.tokens.list.query>>[number];

export function Tokens() {
  const t = useTranslations('settings.tokens');
  const { data, failure, reload } = useAsk('tokens', () => api.tokens.list.query());
  const { act, trouble } = useAct();
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<{ readonly name: string; readonly token: string } | null>(null);
  if (data === null && failure !== null) return <ErrorPanel what={t('what')} raw={failure.message} onRetry={reload} />;
  return (
    <>
      <Panel
        title={t('title')}
        count={data?.length}
        end={
          <Button small kind="primary" onClick={() => setMaking(true)}>
            {t('make')}
          </Button>
        }
      >
        <p className="panel-part muted">{t('text')}</p>
        {trouble !== '' && (
          <PanelPart>
            <Trouble text={trouble} />
          </PanelPart>
        )}
        {data === null ? (
          <Skeleton what={t('what')} rows={3} />
        ) : (
          <TokenTable
            tokens={data}
            onRevoke={({ id }) => void act(() => api.tokens.revoke.mutate({ id })).then((done) => done && reload())}
          />
        )}
      </Panel>
      {making && (
        <TokenDialog
          onClose={() => setMaking(false)}
          onMade={(token) => {
            setMaking(false);
            setMade(token);
            reload();
          }}
        />
      )}
      {made !== null && (
        <ShownOnce
          title={t('madeTitle', { name: made.name })}
          text={made.token}
          copy={t('copy')}
          onClose={() => setMade(null)}
        />
      )}
    </>
  );
}

interface TableProps {
  readonly tokens: readonly Token[];
  readonly onRevoke: (token: Token) => void;
}

function TokenTable({ tokens, onRevoke }: TableProps) {
  const t = useTranslations('settings.tokens');
  const format = useFormat();
  const now = useNow();
  const time = (iso: string): string => format.instant(Date.parse(iso), now ?? Date.parse(iso));
  const isExpired = ({ expiresAt }: Token): boolean => now !== null && Date.parse(expiresAt) < now;
  const columns: readonly Column<Token>[] = [
    { id: 'name', head: t('name'), cell: ({ name }) => name, sortBy: ({ name }) => name, card: 'head' },
    {
      id: 'state',
      head: t('state'),
      cell: (token) => (token.revoked ? t('revoked') : isExpired(token) ? t('expired') : t('live')),
      card: 'status',
    },
    { id: 'by', head: t('by'), cell: ({ by }) => by, sortBy: ({ by }) => by },
    {
      id: 'scopes',
      head: t('scopes'),
      wrap: true,
      cell: ({ scopes }) => <span className="mono small">{scopes.join(', ')}</span>,
    },
    {
      id: 'clusters',
      head: t('clusters'),
      wrap: true,
      cell: ({ clusters }) =>
        clusters.length === 0 ? <span className="quiet">{t('allClusters')}</span> : clusters.join(', '),
    },
    {
      id: 'expires',
      head: t('expires'),
      cell: ({ expiresAt }) => time(expiresAt),
      sortBy: ({ expiresAt }) => expiresAt,
    },
    {
      id: 'used',
      head: t('used'),
      cell: ({ lastUsedAt }) => (lastUsedAt === null ? '' : time(lastUsedAt)),
      sortBy: ({ lastUsedAt }) => lastUsedAt,
    },
    {
      id: 'revoke',
      head: '',
      cell: (token) =>
        !token.revoked && (
          <ConfirmPopover
            small
            opener={t('revokeAsk')}
            act={t('revoke', { name: token.name })}
            effect={t('revokeEffect')}
            onConfirm={() => onRevoke(token)}
          />
        ),
    },
  ];
  return (
    <DataTable
      label={t('title')}
      columns={columns}
      rows={tokens}
      rowKey={({ id }) => id}
      empty={<EmptyState title={t('none')}>{t('noneText')}</EmptyState>}
    />
  );
}

interface DialogProps {
  readonly onClose: () => void;
  readonly onMade: (made: { readonly name: string; readonly token: string }) => void;
}

function TokenDialog({ onClose, onMade }: DialogProps) {
  const t = useTranslations('settings.tokens');
  const me = useMe();
  const form = useId();
  const { fresh, dialog } = useFresh();
  const { act, busy, trouble } = useAct();
  const [name, setName] = useState('');
  const [days, setDays] = useState('90');
  const [scopes, setScopes] = useState<ReadonlySet<Permission>>(new Set(['view']));
  const [clusters, setClusters] = useState<ReadonlySet<string>>(new Set());
  const [missing, setMissing] = useState(false);
  const save = async (): Promise<void> => {
    setMissing(scopes.size === 0);
    if (scopes.size === 0) return;
    let token = '';
    const input = { name: name.trim(), scopes: [...scopes], clusters: [...clusters], days: Number(days) };
    const done = await act(async () => {
      ({ token } = await fresh(() => api.tokens.create.mutate(input)));
    });
    if (done) onMade({ name: name.trim(), token });
  };
  return (
    <Dialog
      wide
      title={t('makeTitle')}
      about={t('text')}
      onClose={onClose}
      foot={
        <FormFoot form={form} busy={busy} onClose={onClose}>
          {t('makeAct')}
        </FormFoot>
      }
    >
      {dialog}
      <form
        id={form}
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Field label={t('name')} hint={t('nameHint')}>
          {(field) => <Input field={field} value={name} onChange={setName} name="name" required />}
        </Field>
        <Field label={t('days')} hint={t('daysHint')}>
          {(field) => (
            <Input
              field={field}
              value={days}
              onChange={setDays}
              keyboard="numeric"
              unit={t('daysUnit')}
              name="days"
              required
            />
          )}
        </Field>
        <fieldset>
          <legend className="field-label">{t('scopes')}</legend>
          <div className="grid desk:grid-cols-3">
            {me.permissions.filter(isPermission).map((permission) => (
              <Checkbox
                key={permission}
                checked={scopes.has(permission)}
                onChange={(on) => setScopes(changed(scopes, permission, on))}
              >
                <code>{permission}</code>
              </Checkbox>
            ))}
          </div>
        </fieldset>
        <fieldset>
          <legend className="field-label">{t('clusters')}</legend>
          {clusters.size === 0 && <p className="small muted">{t('allClusters')}</p>}
          {me.clusters.map(({ slug, name: shown }) => (
            <Checkbox
              key={slug}
              checked={clusters.has(slug)}
              onChange={(on) => setClusters(changed(clusters, slug, on))}
            >
              {shown}
            </Checkbox>
          ))}
        </fieldset>
      </form>
      <Trouble text={missing ? t('scopeNeeded') : trouble} />
    </Dialog>
  );
}

function changed<T>(set: ReadonlySet<T>, one: T, on: boolean): ReadonlySet<T> {
  const next = new Set(set);
  if (on) next.add(one);
  else next.delete(one);
  return next;
}
