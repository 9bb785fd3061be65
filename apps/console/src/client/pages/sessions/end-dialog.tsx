'use client';

import { useTranslations } from 'next-intl';
import type { SessionView } from '../../../shared/live/topics.ts';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { KillGuard } from './kill-guard.tsx';
import { clientsText } from './session-list.ts';
import { useSessionActs } from './use-session-acts.ts';

interface EndDialogProps {
  readonly cluster: string;
  readonly chosen: readonly SessionView[];
  readonly production: boolean;
  readonly locked: boolean;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

export function EndDialog({ cluster, chosen, production, locked, onClose, onDone }: EndDialogProps) {
  const t = useTranslations('sessions');
  const { busy, error, act, curl } = useSessionActs(cluster);
  const count = chosen.length;
  return (
    <ConfirmDialog
      tier={2}
      act={t('end', { count })}
      about={t('endAbout')}
      changes={[{ what: t('endWhat'), before: t('endBefore', { count }), after: t('endAfter') }]}
      whoIsHit={t('endWho', { clients: clientsText(chosen, t('group.empty')) })}
      production={production}
      objectName={cluster}
      reasonNeeded
      factsLocked={locked}
      curl={(reason) => curl('end', chosen, reason)}
      busy={busy}
      error={error}
      onClose={onClose}
      onConfirm={(reason) => void act('end', chosen, reason).then((done) => done && onDone())}
    >
      <KillGuard cluster={cluster} />
    </ConfirmDialog>
  );
}
