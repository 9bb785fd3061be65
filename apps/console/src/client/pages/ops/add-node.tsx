'use client';
/** A new node: its address tried from every proxy, written as a version, applied; then it is recovered and attached. */
import { usePathname, useRouter, useSearchParams } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { useMay, useMe } from '../../frame/me.tsx';
import { api } from '../../live/api.ts';
import { useTopic } from '../../live/live.tsx';
import { useAsk } from '../../live/use-ask.ts';
import { failureText, useFresh } from '../../people/fresh-sign-in.tsx';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { Field } from '../../ui/field.tsx';
import { Glyph } from '../../ui/glyph.tsx';
import { Input } from '../../ui/input.tsx';
import { LinkButton } from '../../ui/link-button.tsx';
import { Panel, PanelPart } from '../../ui/panel.tsx';
import { type RunStep, RunSteps } from '../../ui/run-steps.tsx';
import { SkeletonBlock } from '../../ui/skeleton.tsx';
import { Wizard } from '../../ui/wizard.tsx';
import { freeNumber, isAddress, type NewNode, nodeAt, withNode } from './new-node.ts';

type Checked = Awaited<ReturnType<typeof api.config.check.query>>;

export function AddNode({ cluster }: { readonly cluster: string }) {
  const t = useTranslations('ops.addNode');
  const query = useSearchParams();
  const run = query.get('run');
  const node = Number(query.get('node'));
  const wanted = useAsk(`wanted ${cluster}`, () => api.config.wanted.query({ cluster }));
  if (run !== null) return <Applied {...{ cluster, run, node }} />;
  if (wanted.failure !== null && wanted.data === null) {
    return <ErrorPanel what={t('title')} raw={wanted.failure.message} onRetry={wanted.reload} />;
  }
  if (wanted.data === null && wanted.at === null) {
    return (
      <Panel label={t('title')}>
        <SkeletonBlock what={t('title')} height={280} />
      </Panel>
    );
  }
  if (wanted.data === null) return <NotImported cluster={cluster} onDone={wanted.reload} />;
  const { files } = wanted.data;
  return <Address {...{ cluster }} text={files['pgpool.conf']} hba={files['pool_hba.conf']} />;
}

const STEPS = ['address', 'check', 'recover'] as const;
function useFrame(at: number, cancelHref: string) {
  const t = useTranslations('ops.addNode');
  const ui = useTranslations('ui.button');
  return {
    ...{ title: t('title'), about: t('about'), at, steps: STEPS.map((step) => t(step)) },
    cancel: (
      <LinkButton href={cancelHref} kind="quiet">
        {ui('cancel')}
      </LinkButton>
    ),
  };
}

interface AddressProps {
  readonly cluster: string;
  /** Of pgpool.conf as it is wanted now. */
  readonly text: string;
  readonly hba: string | undefined;
}

function Address({ cluster, text, hba }: AddressProps) {
  const t = useTranslations('ops.addNode');
  const ui = useTranslations('ui');
  const may = useMay();
  const me = useMe();
  const router = useRouter();
  const pathname = usePathname();
  const { fresh, dialog } = useFresh();
  const [node, setNode] = useState<NewNode>({ host: '', port: '5432', weight: '1', dataDirectory: '' });
  const [checked, setChecked] = useState<Checked | null>(null);
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState('');
  const frame = useFrame(checked === null ? 0 : 1, `/c/${encodeURIComponent(cluster)}/ops`);
  const accounts = useAsk(`accounts ${cluster}`, () => api.config.accounts.query({ cluster }));

  const production = me.clusters.find(({ slug }) => slug === cluster)?.environment === 'production';
  const number = freeNumber(text);
  const taken = nodeAt(text, node.host, node.port);
  const guarded = accounts.data?.some(({ mayChangeCommands, error }) => error === null && !mayChangeCommands) === true;
  const change = (part: Partial<NewNode>): void => {
    setNode({ ...node, ...part });
    setChecked(null);
  };
  const bad = !isAddress(node) ? t('bad') : taken !== null ? t('taken', { id: taken }) : undefined;
  const files = { 'pgpool.conf': withNode(text, number, node), ...(hba === undefined ? {} : { 'pool_hba.conf': hba }) };

  const work = async (what: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setTrouble('');
    try {
      await what();
    } catch (error) {
      setTrouble(failureText(error));
    }
    setBusy(false);
  };
  const test = (): Promise<void> =>
    work(async () => setChecked(await api.config.check.query({ cluster, files, testNodes: true })));
  const apply = (): Promise<void> =>
    work(async () => {
      const why = reason.trim() === '' ? t('reasonDefault', { id: number, host: node.host }) : reason.trim();
      const draft = await api.config.drafts.create.mutate({ cluster, title: why });
      const saved = await api.config.drafts.save.mutate({ cluster, id: draft.id, revision: draft.revision, files });
      const { run } = await fresh(() =>
        api.config.applyDraft.mutate({
          ...{ cluster, id: draft.id, revision: saved.revision, reason: why, strategy: 'all', confirm: typed.trim() },
        }),
      );
      router.replace(`${pathname}?run=${encodeURIComponent(run)}&node=${number}`);
    });

  const needed = 'config.apply';
  const refused = checked?.proxies.some(({ check }) => check?.ok !== true) === true;
  const dead = !may(needed, cluster)
    ? ui('button.missingPermission', { permission: needed })
    : checked === null
      ? t('testFirst')
      : refused
        ? t('refusedBy', { proxy: namesOf(checked) })
        : production && typed.trim() !== cluster
          ? ui('dialog.nameDiffers')
          : undefined;
  return (
    <Wizard
      {...frame}
      acts={
        <>
          <Button
            reason={bad}
            reasonAt="above"
            busy={busy}
            onClick={() => void test()}
            kind={checked === null ? 'primary' : 'plain'}
          >
            {t('test')}
          </Button>
          <Button
            reason={dead}
            reasonAt="above"
            busy={busy}
            onClick={() => void apply()}
            kind={checked === null ? 'plain' : 'primary'}
          >
            {t('apply')}
          </Button>
        </>
      }
    >
      {dialog}
      <div className="columns" style={{ '--columns': 'minmax(0, 1fr) minmax(0, 1fr)' } as never}>
        <Panel title={t('address')} count={t('id', { id: number })} className="self-start">
          <PanelPart className="flex flex-col gap-3">
            <Field
              label={t('host')}
              hint={t('hostHint')}
              messages={taken === null ? [] : [{ kind: 'error', text: t('taken', { id: taken }) }]}
            >
              {(field) => (
                <Input
                  field={field}
                  mono
                  value={node.host}
                  onChange={(host) => change({ host: host.trim() })}
                  name="host"
                  required
                />
              )}
            </Field>
            <Field label={t('port')}>
              {(field) => (
                <Input
                  field={field}
                  mono
                  keyboard="numeric"
                  value={node.port}
                  onChange={(port) => change({ port: port.trim() })}
                  name="port"
                  required
                />
              )}
            </Field>
            <Field label={t('weight')} hint={t('weightHint')}>
              {(field) => (
                <Input
                  field={field}
                  mono
                  keyboard="decimal"
                  value={node.weight}
                  onChange={(weight) => change({ weight: weight.trim() })}
                  name="weight"
                />
              )}
            </Field>
            <Field label={t('data')} hint={guarded ? t('dataGuarded') : t('dataHint')}>
              {(field) => (
                <Input
                  field={field}
                  mono
                  value={node.dataDirectory}
                  disabled={guarded}
                  onChange={(dataDirectory) => change({ dataDirectory })}
                  name="data"
                />
              )}
            </Field>
          </PanelPart>
        </Panel>
        <div className="stack">
          <Panel title={t('result')} className="self-stretch">
            {checked === null ? (
              <p className="panel-part quiet">{busy ? t('testing') : t('testFirst')}</p>
            ) : (
              <Results checked={checked} number={number} />
            )}
            {trouble !== '' && (
              <p className="panel-part flex items-start gap-2" role="alert">
                <Glyph kind="down" />
                <span>{trouble}</span>
              </p>
            )}
          </Panel>
          {checked !== null && (
            <Panel title={ui('dialog.reason')}>
              <PanelPart className="flex flex-col gap-3">
                <Field label={ui('dialog.reason')} hint={ui('dialog.reasonHint')}>
                  {(field) => (
                    <Input
                      field={field}
                      value={reason}
                      onChange={setReason}
                      placeholder={t('reasonDefault', { id: number, host: node.host })}
                    />
                  )}
                </Field>
                {production && (
                  <Field label={ui('dialog.typeName', { name: cluster })}>
                    {(field) => <Input field={field} mono value={typed} onChange={setTyped} />}
                  </Field>
                )}
              </PanelPart>
            </Panel>
          )}
        </div>
      </div>
    </Wizard>
  );
}

const namesOf = ({ proxies }: Checked): string =>
  proxies.flatMap(({ proxy, check }) => (check?.ok === true ? [] : [proxy])).join(', ');

/** Of each proxy: whether it reaches the node, and what it says of the change. */
function Results({ checked, number }: { readonly checked: Checked; readonly number: number }) {
  const t = useTranslations('ops.addNode');
  const unreached = checked.proxies.some(({ check }) =>
    check?.nodeTests.some(({ node, ok }) => node === number && !ok),
  );
  return (
    <>
      <ul>
        {checked.proxies.map(({ proxy, check, error }) => {
          const test = check?.nodeTests.find(({ node }) => node === number);
          const wrong = [
            ...(check?.findings.filter(({ severity }) => severity === 'error').map(({ message }) => message) ?? []),
            ...(check?.changes
              .filter(({ refused }) => refused)
              .map(({ name }) => `${name}: control_may_change_commands = off`) ?? []),
          ];
          const restart = check?.changes.filter(({ effect }) => effect === 'restart').map(({ name }) => name) ?? [];
          return (
            <li key={proxy} className="panel-part">
              <p className="flex items-start gap-2">
                <Glyph kind={check === null || !check.ok ? 'down' : test?.ok === false ? 'degraded' : 'ok'} />
                <span>
                  {check === null
                    ? t('silent', { proxy })
                    : !check.ok
                      ? t('refusedBy', { proxy })
                      : test === undefined
                        ? t('fine', { proxy })
                        : test.ok
                          ? t('reachable', { proxy })
                          : t('notReachable', { proxy })}
                  {[error, ...wrong, test?.detail]
                    .filter((text) => text != null && text !== '')
                    .map((text) => (
                      <span key={text} className="small muted block">
                        {text}
                      </span>
                    ))}
                  {restart.length > 0 && (
                    <span className="small muted block">{t('needsRestart', { parameters: restart.join(', ') })}</span>
                  )}
                </span>
              </p>
            </li>
          );
        })}
      </ul>
      {unreached && <p className="panel-part small muted">{t('unreachableFine')}</p>}
    </>
  );
}

function NotImported({ cluster, onDone }: { readonly cluster: string; readonly onDone: () => void }) {
  const t = useTranslations('ops.addNode');
  const ui = useTranslations('ui.button');
  const may = useMay();
  const [trouble, setTrouble] = useState('');
  const [busy, setBusy] = useState(false);
  const needed = 'config.apply';
  const take = async (): Promise<void> => {
    setBusy(true);
    try {
      await api.config.versions.importRunning.mutate({ cluster });
      onDone();
    } catch (error) {
      setTrouble(failureText(error));
    }
    setBusy(false);
  };
  return (
    <>
      <h1 className="page-title">{t('title')}</h1>
      <Panel label={t('title')}>
        <EmptyState
          title={t('noVersion')}
          act={
            <Button
              kind="primary"
              busy={busy}
              reason={may(needed, cluster) ? undefined : ui('missingPermission', { permission: needed })}
              onClick={() => void take()}
            >
              {t('importNow')}
            </Button>
          }
        >
          {t('noVersionText')} {trouble}
        </EmptyState>
      </Panel>
    </>
  );
}

interface AppliedProps {
  readonly cluster: string;
  readonly run: string;
  readonly node: number;
}

const ASK_MS = 1_500;

/** The apply, then the wait until the proxies know the node; then its recovery. */
function Applied({ cluster, run, node }: AppliedProps) {
  const t = useTranslations('ops.addNode');
  const { data, failure, reload } = useAsk(`run ${run}`, () => api.config.runs.get.query({ cluster, id: run }), {
    everyMs: ASK_MS,
  });
  const { data: status } = useTopic(cluster, 'status');
  const base = `/c/${encodeURIComponent(cluster)}`;
  const frame = useFrame(2, `${base}/ops`);
  const known = status?.nodes.find(({ id, status: state }) => id === node && state !== 'unused');
  if (data === null && failure !== null) return <ErrorPanel what={t('title')} raw={failure.message} onRetry={reload} />;
  const state = data?.state ?? 'running';
  const version = data?.version ?? 0;
  const restarts = Object.values(data?.outcome ?? {}).includes('restartPending');
  const steps: readonly RunStep[] = [
    {
      id: 'apply',
      title:
        state === 'done'
          ? t('applied', { version })
          : state === 'running'
            ? t('applying', { version })
            : t('applyFailed', { version }),
      state: state === 'done' ? 'done' : state === 'running' ? 'running' : 'failed',
      ...(data?.error == null ? {} : { detail: data.error }),
      ...(data === null ? {} : { startedAtMs: Date.parse(data.startedAt) }),
    },
    {
      id: 'known',
      title: known === undefined ? t('waitNode', { id: node }) : t('knows', { id: node }),
      state: known !== undefined ? 'done' : state === 'done' ? 'running' : 'ahead',
      ...(restarts && known === undefined ? { detail: t('restartNow') } : {}),
    },
    { id: 'recover', title: t('startRecovery', { id: node }), state: 'ahead' },
  ];
  return (
    <Wizard
      {...frame}
      acts={
        known === undefined ? (
          <Button reason={t('waitNode', { id: node })} reasonAt="above">
            {t('next')}
          </Button>
        ) : (
          <LinkButton href={`${base}/ops/new/recover?node=${node}`} kind="primary">
            {t('startRecovery', { id: node })}
          </LinkButton>
        )
      }
    >
      <Panel title={t('recover')}>
        <RunSteps steps={steps} />
      </Panel>
    </Wizard>
  );
}
