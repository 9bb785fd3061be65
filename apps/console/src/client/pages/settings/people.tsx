'use client';
/** Everybody with an account: who may do what where, invitations, disabling. */
import { useTranslations } from 'next-intl';
import { useId, useState } from 'react';
import { isPermission, isRole } from '../../../shared/permissions.ts';
import { useMe } from '../../frame/me.tsx';
import { api } from '../../live/api.ts';
import { useAsk } from '../../live/use-ask.ts';
import { useFresh } from '../../people/fresh-sign-in.tsx';
import { Age } from '../../ui/age.tsx';
import { Button } from '../../ui/button.tsx';
import { Checkbox } from '../../ui/choice.tsx';
import { ConfirmPopover } from '../../ui/confirm-popover.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { Field } from '../../ui/field.tsx';
import { FormFoot } from '../../ui/form-foot.tsx';
import { Input } from '../../ui/input.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useNow } from '../../ui/use-now.ts';
import { type Grant, RolesForm } from './roles-form.tsx';
import { ShownOnce } from './shown-once.tsx';
import { Trouble } from './trouble.tsx';
import { useAct } from './use-act.ts';

type User = Awaited<ReturnType<typeof api.people.list.query>>[number];

export function People() {
  const t = useTranslations('settings.people');
  const { data, at, failure, reload } = useAsk('people', () => api.people.list.query());
  const [edited, setEdited] = useState<User | 'new' | null>(null);
  const [link, setLink] = useState<{ readonly name: string; readonly link: string } | null>(null);
  if (data === null && failure !== null) return <ErrorPanel what={t('what')} raw={failure.message} onRetry={reload} />;
  return (
    <>
      <Panel
        title={t('title')}
        count={data?.length}
        end={
          <>
            <Age atMs={at} lateMs={Number.POSITIVE_INFINITY} />
            <Button small kind="primary" onClick={() => setEdited('new')}>
              {t('invite')}
            </Button>
          </>
        }
      >
        {data === null ? <Skeleton what={t('what')} /> : <UserTable users={data} onOpen={setEdited} />}
      </Panel>
      {edited !== null && (
        <UserDialog
          user={edited === 'new' ? null : edited}
          onClose={() => setEdited(null)}
          onChanged={() => {
            setEdited(null);
            reload();
          }}
          onLink={(made) => {
            setEdited(null);
            setLink(made);
            reload();
          }}
        />
      )}
      {link !== null && (
        <ShownOnce
          title={t('link', { name: link.name })}
          about={t('linkText')}
          text={link.link}
          copy={t('copyLink')}
          onClose={() => setLink(null)}
        />
      )}
    </>
  );
}

function UserTable({ users, onOpen }: { readonly users: readonly User[]; readonly onOpen: (user: User) => void }) {
  const t = useTranslations('settings.people');
  const frame = useTranslations('frame');
  const words = useTranslations('words');
  const me = useMe();
  const format = useFormat();
  const now = useNow();
  const columns: readonly Column<User>[] = [
    {
      id: 'name',
      head: t('name'),
      cell: ({ id, name }) => (
        <>
          {name} {id === me.user?.id && <span className="quiet font-normal">{t('you')}</span>}
        </>
      ),
      sortBy: ({ name }) => name,
      card: 'head',
    },
    {
      id: 'state',
      head: t('state'),
      cell: ({ disabled, invited }) => (disabled ? t('disabled') : invited ? t('invited') : t('active')),
      card: 'status',
    },
    {
      id: 'roles',
      head: t('roles'),
      wrap: true,
      cell: ({ admin, grants }) =>
        admin ? (
          t('admin')
        ) : grants.length === 0 ? (
          <span className="quiet">{t('noRole')}</span>
        ) : (
          grants.map(({ cluster, roles, extra }) => (
            <span key={cluster} className="block">
              <b>{cluster}</b>{' '}
              {roles
                .filter(isRole)
                .map((role) => frame(`roles.${role}`))
                .join(', ')}
              {extra.length > 0 && <span className="quiet mono"> + {extra.join(', ')}</span>}
            </span>
          ))
        ),
    },
    {
      id: 'factor',
      head: t('factor'),
      cell: ({ secondFactor }) => (secondFactor ? words('on') : words('off')),
      sortBy: ({ secondFactor }) => secondFactor,
    },
    {
      id: 'seen',
      head: t('seen'),
      cell: ({ lastSeenAt }) =>
        lastSeenAt === null ? '' : format.instant(Date.parse(lastSeenAt), now ?? Date.parse(lastSeenAt)),
      sortBy: ({ lastSeenAt }) => lastSeenAt,
    },
    {
      id: 'edit',
      head: '',
      cell: (user) => (
        <Button small onClick={() => onOpen(user)}>
          {t('edit', { name: user.name })}
        </Button>
      ),
    },
  ];
  return <DataTable label={t('title')} columns={columns} rows={users} rowKey={({ id }) => id} />;
}

interface UserDialogProps {
  /** Null: somebody new. */
  readonly user: User | null;
  readonly onClose: () => void;
  readonly onChanged: () => void;
  readonly onLink: (made: { readonly name: string; readonly link: string }) => void;
}

function UserDialog({ user, onClose, onChanged, onLink }: UserDialogProps) {
  const t = useTranslations('settings.people');
  const me = useMe();
  const form = useId();
  const { fresh, dialog } = useFresh();
  const { act, busy, trouble } = useAct();
  const [name, setName] = useState(user?.name ?? '');
  const [admin, setAdmin] = useState(user?.admin ?? false);
  const [grants, setGrants] = useState<readonly Grant[]>(
    () =>
      user?.grants.map(({ cluster, roles, extra }) => ({
        ...{ cluster, roles: roles.filter(isRole), extra: extra.filter(isPermission) },
      })) ?? [],
  );
  const given = grants.map(({ cluster, roles, extra }) => ({ cluster, roles: [...roles], extra: [...extra] }));
  const save = async (): Promise<void> => {
    if (user === null) {
      let link = '';
      const done = await act(async () => {
        ({ link } = await fresh(() => api.people.invite.mutate({ name: name.trim(), admin, grants: given })));
      });
      if (done) onLink({ name: name.trim(), link });
      return;
    }
    if (await act(() => fresh(() => api.people.set.mutate({ id: user.id, admin, grants: given })))) onChanged();
  };
  const reinvite = async (id: string): Promise<void> => {
    let link = '';
    const done = await act(async () => {
      ({ link } = await fresh(() => api.people.reinvite.mutate({ id })));
    });
    if (done) onLink({ name, link });
  };
  const disable = async (id: string, disabled: boolean): Promise<void> => {
    if (await act(() => fresh(() => api.people.set.mutate({ id, disabled })))) onChanged();
  };
  return (
    <Dialog
      wide
      title={user === null ? t('inviteTitle') : t('editTitle', { name: user.name })}
      {...(user === null ? { about: t('inviteText') } : {})}
      onClose={onClose}
      foot={
        <FormFoot form={form} busy={busy} onClose={onClose}>
          {user === null ? t('inviteAct') : t('saveAct', { name: user.name })}
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
        {user === null && (
          <Field label={t('name')}>
            {(field) => <Input field={field} value={name} onChange={setName} name="name" required />}
          </Field>
        )}
        <Checkbox checked={admin} onChange={setAdmin} hint={t('adminHint')}>
          {t('admin')}
        </Checkbox>
        {!admin && <RolesForm grants={grants} onChange={setGrants} />}
      </form>
      {user !== null && user.id !== me.user?.id && (
        <div className="flex flex-wrap gap-2">
          <ConfirmPopover
            opener={t('reinvite')}
            act={t('reinviteAct', { name })}
            effect={t('reinviteEffect', { name })}
            onConfirm={() => void reinvite(user.id)}
          />
          {user.disabled ? (
            <Button onClick={() => void disable(user.id, false)}>{t('enable', { name })}</Button>
          ) : (
            <ConfirmPopover
              opener={t('disableAsk')}
              act={t('disable', { name })}
              effect={t('disableEffect', { name })}
              onConfirm={() => void disable(user.id, true)}
            />
          )}
        </div>
      )}
      <Trouble text={trouble} />
    </Dialog>
  );
}
