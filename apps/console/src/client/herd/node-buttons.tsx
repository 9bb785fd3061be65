'use client';
/** The acts on one node, as buttons: those that are not possible are dead and say why. */
import type { Wish } from '@pgherd/operations';
import dynamic from 'next/dynamic';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { neededFor } from '../../shared/acts.ts';
import type { ClusterStatus, NodeView } from '../../shared/live/topics.ts';
import { Button } from '../ui/button.tsx';
import { ConfirmPopover } from '../ui/confirm-popover.tsx';
import { LinkButton } from '../ui/link-button.tsx';
import { bringBack, deadActs, isOut } from './node-acts.ts';
import { useBegin } from './use-begin.tsx';
import { type Herd, useActLock } from './use-herd.ts';

const ActDialog = dynamic(() => import('./act-dialog.tsx').then((module) => module.ActDialog), { ssr: false });

type ActName = Wish['act'];

interface NodeButtonsProps {
  readonly herd: Herd;
  readonly node: NodeView;
  readonly status: ClusterStatus;
}

/** Why an act on the node is dead: no permission, old facts, or the node as it is. */
export function useDeadAct(herd: Herd, node: NodeView, status: ClusterStatus): (act: ActName) => string | undefined {
  const t = useTranslations('herd.dead');
  const lock = useActLock(herd);
  const dead = deadActs(node, status);
  return (act) => {
    const because = dead[act];
    return lock(neededFor[act]) ?? (because === null ? undefined : t(because));
  };
}

export function NodeButtons({ herd, node, status }: NodeButtonsProps) {
  const t = useTranslations('herd.act');
  const { base } = herd;
  const why = useDeadAct(herd, node, status);
  const [asked, setAsked] = useState<'detach' | null>(null);
  const id = node.id;
  const out = isOut(node);
  const back = bringBack(node, status);
  const wizard = (act: 'switchover' | 'recover' | 'failover', query: string, kind?: 'primary') => {
    const reason = why(act);
    return reason === undefined ? (
      <LinkButton href={`${base}/ops/new/${act}?${query}`} {...(kind === undefined ? {} : { kind })}>
        {t(act, { node: id })}
      </LinkButton>
    ) : (
      <Button reason={reason}>{t(act, { node: id })}</Button>
    );
  };
  return (
    <>
      {out && <AttachButton herd={herd} node={node} reason={why('attach')} primary={back?.choice === 'attach'} />}
      {id !== status.primary && wizard('recover', `node=${id}`, back?.choice === 'recover' ? 'primary' : undefined)}
      {!out && (
        <Button reason={why('detach')} onClick={() => setAsked('detach')} aria-haspopup="dialog">
          {t('detachOpen', { node: id })}
        </Button>
      )}
      {id !== status.primary &&
        !out &&
        (status.primary === null ? wizard('failover', `to=${id}`, 'primary') : wizard('switchover', `to=${id}`))}
      {asked !== null && (
        <ActDialog {...{ act: asked, node, status, base, locked: herd.locked }} onClose={() => setAsked(null)} />
      )}
    </>
  );
}

function AttachButton({
  herd,
  node,
  reason,
  primary,
}: {
  readonly herd: Herd;
  readonly node: NodeView;
  readonly reason: string | undefined;
  readonly primary: boolean;
}) {
  const t = useTranslations('herd.act');
  const { begin, curl } = useBegin(herd.slug, herd.base);
  const wish: Wish = { act: 'attach', node: node.id };
  const act = t('attach', { node: node.id });
  return (
    <ConfirmPopover
      opener={t('attachOpen', { node: node.id })}
      act={act}
      effect={t('attachEffect')}
      curl={curl(wish, '')}
      primary={primary}
      onConfirm={() => void begin(wish, '', act)}
      {...(reason === undefined ? {} : { reason })}
    />
  );
}

/** Below the facts, folded: what only those need who promoted a server by other means. */
export function ExpertActs({ herd, node, status }: NodeButtonsProps) {
  const t = useTranslations('herd.act');
  const why = useDeadAct(herd, node, status);
  const [asked, setAsked] = useState(false);
  return (
    <details>
      <summary className="link small inline-block">{t('expert')}</summary>
      <p className="muted my-2 max-w-[72ch]">{t('expertText')}</p>
      <Button reason={why('relabel')} reasonAt="left" onClick={() => setAsked(true)} aria-haspopup="dialog">
        {t('relabelOpen', { node: node.id })}
      </Button>
      {asked && (
        <ActDialog
          {...{ act: 'relabel' as const, node, status, base: herd.base, locked: herd.locked }}
          onClose={() => setAsked(false)}
        />
      )}
    </details>
  );
}
