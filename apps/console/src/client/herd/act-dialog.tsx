'use client';
/** Detach and relabel: what the proxy says it would do, before it is asked to. */
import type { Wish } from '@pgherd/operations';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { objectOf } from '../../shared/acts.ts';
import type { ClusterStatus, NodeView } from '../../shared/live/topics.ts';
import { api } from '../live/api.ts';
import { useTopic } from '../live/live.tsx';
import { useAsk } from '../live/use-ask.ts';
import { Checkbox } from '../ui/choice.tsx';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { Glyph } from '../ui/glyph.tsx';
import { useBegin } from './use-begin.tsx';

interface ActDialogProps {
  readonly act: 'detach' | 'relabel';
  readonly node: NodeView;
  readonly status: ClusterStatus;
  readonly base: string;
  readonly locked: boolean;
  readonly onClose: () => void;
}

export function ActDialog({ act, node, status, base, locked, onClose }: ActDialogProps) {
  const t = useTranslations('herd');
  const words = useTranslations('words');
  const { busy, error, begin, curl } = useBegin(status.slug, base);
  const [gracefully, setGracefully] = useState(false);
  const sessions = useTopic(status.slug, 'sessions');
  const wish: Wish = { act, node: node.id, gracefully };
  const rehearsal = useAsk(`${act} ${node.id} ${gracefully}`, () =>
    api.herd.rehearse.query({ cluster: status.slug, wish }),
  );
  const name = t(`act.${act}`, { node: node.id });
  const isPrimary = node.id === status.primary;
  const here = sessions.data?.filter(({ links }) => links.some((link) => link.node === node.id)).length;
  const failed = rehearsal.data?.checks.filter(({ ok }) => !ok) ?? [];
  const nodeName = (id: number | null): string =>
    id === null ? t('relabelDialog.none') : words('nodeName', { id: String(id) });
  const about = act === 'relabel' ? t('relabelDialog.about') : t(isPrimary ? 'detach.aboutPrimary' : 'detach.about');
  return (
    <ConfirmDialog
      tier={act === 'relabel' ? 3 : 2}
      act={name}
      about={about}
      changes={[
        act === 'relabel'
          ? { what: t('relabelDialog.primary'), before: nodeName(status.primary), after: nodeName(node.id) }
          : {
              what: t('detach.state', { node: node.id }),
              before: t(isPrimary ? 'detach.primaryBefore' : 'detach.before'),
              after: t('detach.after'),
            },
      ]}
      whoIsHit={
        <>
          {here !== undefined && <p>{t('detach.sessions', { count: here })}</p>}
          <p className="muted">{rehearsal.data?.effect ?? rehearsal.failure?.message ?? t('detach.asking')}</p>
        </>
      }
      production={status.environment === 'production'}
      objectName={objectOf(wish, status.slug)}
      reasonNeeded
      nameNeeded={status.environment === 'production'}
      factsLocked={locked}
      curl={(reason) => curl(wish, reason)}
      busy={busy}
      error={error}
      onClose={onClose}
      onConfirm={(reason) => void begin(wish, reason, name).then((begun) => begun && onClose())}
    >
      {failed.length > 0 && (
        <div className="flex items-start gap-2">
          <Glyph kind="degraded" />
          <div>
            <b>{t('detach.failed')}</b>
            {failed.map((check) => (
              <p key={check.name}>
                {check.detail} {check.remedy}
              </p>
            ))}
          </div>
        </div>
      )}
      <Checkbox checked={gracefully} onChange={setGracefully} hint={t('detach.gracefullyHint')}>
        {t('detach.gracefully')}
      </Checkbox>
    </ConfirmDialog>
  );
}
