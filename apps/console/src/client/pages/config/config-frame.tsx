'use client';

import { usePathname, useRouter, useSearchParams } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { type ReactNode, useState } from 'react';
import { useMay } from '../../frame/me.tsx';
import { api, failureOf } from '../../live/api.ts';
import { useTopic } from '../../live/live.tsx';
import { Button } from '../../ui/button.tsx';
import { ConfirmPopover } from '../../ui/confirm-popover.tsx';
import { curlOf } from '../../ui/copy-curl.tsx';
import { DraftBar } from '../../ui/draft-bar.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Glyph } from '../../ui/glyph.tsx';
import { LinkButton } from '../../ui/link-button.tsx';
import { Panel } from '../../ui/panel.tsx';
import type { StatusKind } from '../../ui/status.ts';
import { StatusWord } from '../../ui/status-word.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { useToast } from '../../ui/toast.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useNow } from '../../ui/use-now.ts';
import { useDesk, useDraftChanges, useEditLock, useRoom } from './room.tsx';
import { heaviestOf } from './values.ts';

const TABS = [
  ['form', ''],
  ['file', '/file'],
  ['hba', '/hba'],
  ['users', '/users'],
  ['history', '/history'],
  ['drift', '/drift'],
] as const;

interface ConfigFrameProps {
  readonly children: ReactNode;
  /** The page edits the draft: with a word on why it cannot, and the bar at its foot. */
  readonly edits?: boolean;
}

/** Head, tabs and the draft bar of the configuration's pages. */
export function ConfigFrame({ children, edits = false }: ConfigFrameProps) {
  const t = useTranslations('config');
  const { base } = useRoom();
  const path = usePathname();
  const draft = useSearchParams().get('draft');
  const tabs = TABS.map(([id, rest]) => {
    const plain = `${base}/config${rest}`;
    return {
      href: draft === null ? plain : `${plain}?draft=${encodeURIComponent(draft)}`,
      label: t(`tabs.${id}`),
      here: rest === '' ? path === plain : path === plain || path.startsWith(`${plain}/`),
    };
  });
  return (
    <>
      <div className="page-head">
        <h1 className="page-title flex-1">{t('title')}</h1>
        <ConfigurationWord />
      </div>
      <Tabs label={t('title')} tabs={tabs} />
      {edits && <EditLock />}
      {children}
      <Bar />
    </>
  );
}

const KIND: Readonly<Record<string, StatusKind>> = {
  inStep: 'instep',
  pending: 'pending',
  drifted: 'drifted',
  failed: 'failed',
};

/** Whether the proxies run what is wanted, in the page's head. */
function ConfigurationWord() {
  const t = useTranslations('config');
  const { cluster } = useRoom();
  const { data } = useTopic(cluster, 'status');
  if (data === null || data.configuration.state === null) return null;
  const { state } = data.configuration;
  const where = data.proxies.filter(({ configuration }) => configuration.state === state).map(({ name }) => name);
  return (
    <StatusWord kind={KIND[state] ?? 'unknown'}>
      {state === 'inStep'
        ? t('state.inStep', { number: String(data.configuration.wantedNumber ?? 0) })
        : t(`state.${state}`, { proxies: where.join(', ') })}
    </StatusWord>
  );
}

/** Why the controls are dead; with what can be done about it. */
export function EditLock() {
  const t = useTranslations('config.lock');
  const ui = useTranslations('ui.button');
  const lock = useEditLock();
  const { base, desk } = useRoom();
  const { draft, save, problem } = useDesk();
  if (lock === null && save !== 'failed') return null;
  if (lock?.why === 'notImported') {
    return (
      <Panel label={t('notImported')}>
        <EmptyState
          title={t('notImported')}
          act={<LinkButton href={`${base}/config/import`}>{t('import')}</LinkButton>}
        >
          {t('notImportedText')}
        </EmptyState>
      </Panel>
    );
  }
  return (
    <Panel label={t('label')}>
      <div className="panel-part flex flex-wrap items-center gap-3" role="status">
        <Glyph kind={lock?.why === 'permission' ? 'out' : 'degraded'} />
        <span className="min-w-0 flex-1">
          {lock?.why === 'permission'
            ? ui('missingPermission', { permission: 'config.draft' })
            : lock?.why === 'moved'
              ? t('moved')
              : t('failed', { why: problem ?? '' })}
        </span>
        {lock?.why === 'moved' && draft !== null && (
          <Button small onClick={() => void desk.load(draft.id, true).catch(() => desk.forget(null))}>
            {t('loadAgain')}
          </Button>
        )}
        {lock === null && (
          <Button small onClick={() => void desk.flush()}>
            {ui('retry')}
          </Button>
        )}
      </div>
    </Panel>
  );
}

/** While there is a draft it stands at the foot of every page of the configuration. */
function Bar() {
  const t = useTranslations('config.bar');
  const ui = useTranslations('ui.button');
  const format = useFormat();
  const now = useNow();
  const router = useRouter();
  const toast = useToast();
  const may = useMay();
  const { cluster, base, byName, wanted, desk, check, runCheck } = useRoom();
  const { draft, files, save } = useDesk();
  const { changes, hbaChanged } = useDraftChanges();
  const [leaving, setLeaving] = useState(false);
  if (files === null || (draft === null && save === 'saved')) return null;
  const count = changes.length + (hbaChanged ? 1 : 0);
  const moved = draft?.base != null && wanted.data !== null && wanted.data.number !== draft.base;
  const findings = check.result?.proxies.flatMap((one) => one.check?.findings ?? []) ?? [];
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const warnings = findings.filter(({ severity }) => severity === 'warning').length;
  const locked = may('config.draft', cluster) ? undefined : ui('missingPermission', { permission: 'config.draft' });
  const facts = [
    { title: t(`save.${save}`), note: draft === null ? '' : t('by', { name: draft.author }) },
    check.busy
      ? { title: t('checking'), note: '' }
      : check.failure !== null
        ? { title: t('notChecked'), note: check.failure }
        : check.of === files && check.result !== null
          ? {
              title: check.result.ok ? t('passed', { warnings }) : t('refused', { errors: Math.max(errors, 1) }),
              note: t('checkedAgo', { age: format.wholeDuration(Math.max(0, (now ?? 0) - (check.atMs ?? 0))) }),
            }
          : { title: t('notChecked'), note: check.of === null ? '' : t('changedSince') },
    ...(draft?.base == null
      ? []
      : [
          {
            title: t('from', { number: String(draft.base) }),
            note: moved ? t('moved', { number: String(wanted.data?.number ?? 0) }) : t('notMoved'),
          },
        ]),
  ];
  const discard = async (): Promise<void> => {
    if (draft === null) return;
    try {
      await api.config.drafts.discard.mutate({ cluster, id: draft.id });
      desk.forget(wanted.data?.files ?? null);
    } catch (error) {
      toast({ kind: 'down', text: failureOf(error).message });
    }
  };
  const review = async (): Promise<void> => {
    setLeaving(true);
    const saved = await desk.flush();
    setLeaving(false);
    const id = desk.state.draft?.id;
    if (saved && id !== undefined) router.push(`${base}/config/drafts/${id}`);
  };
  return (
    <DraftBar
      changes={count}
      {...(draft === null || draft.title === '' ? {} : { title: draft.title })}
      heaviest={heaviestOf(
        changes.map(({ name }) => name),
        byName,
      )}
      facts={facts}
      acts={
        <>
          {draft !== null && (
            <ConfirmPopover
              opener={t('discardAsk')}
              act={t('discard')}
              effect={t('discardEffect', { count })}
              curl={curlOf({ method: 'DELETE', path: `/clusters/${cluster}/drafts/${draft.id}` })}
              onConfirm={() => void discard()}
              {...(locked === undefined ? {} : { reason: locked })}
            />
          )}
          <Button busy={check.busy} onClick={() => runCheck(files)} reasonAt="above">
            {check.of === null ? t('check') : t('checkAgain')}
          </Button>
          <Button
            kind="primary"
            busy={leaving}
            reason={count === 0 ? t('nothing') : save === 'moved' ? t('save.moved') : undefined}
            reasonAt="above"
            onClick={() => void review()}
          >
            {t('review')}
          </Button>
        </>
      }
    />
  );
}
