'use client';

import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { useMay } from '../../../frame/me.tsx';
import { api, failureOf } from '../../../live/api.ts';
import { Button } from '../../../ui/button.tsx';
import { ChangeList } from '../../../ui/change-list.tsx';
import { CopyCurl } from '../../../ui/copy-curl.tsx';
import { Glyph } from '../../../ui/glyph.tsx';
import { Panel } from '../../../ui/panel.tsx';
import type { DraftInFull } from '../answers.ts';
import { useChangeRows } from '../change-rows.tsx';
import { useRoom } from '../room.tsx';

interface ConflictProps {
  readonly draft: DraftInFull;
  readonly conflict: NonNullable<DraftInFull['conflict']>;
}

/** What is wanted moved on since the draft was begun: what others changed, and the way out. */
export function Conflict({ draft, conflict }: ConflictProps) {
  const t = useTranslations('config.conflict');
  const ui = useTranslations('ui.button');
  const may = useMay();
  const { cluster, desk } = useRoom();
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState('');
  const theirs = useChangeRows(conflict.theirs, null);
  const { id, revision } = draft;
  const rebase = async (): Promise<void> => {
    setBusy(true);
    setTrouble('');
    try {
      await api.config.drafts.rebase.mutate({ cluster, id, revision });
      await desk.load(id, true);
    } catch (error) {
      setTrouble(failureOf(error).message);
    }
    setBusy(false);
  };
  return (
    <Panel
      title={t('title', { number: String(conflict.wantedNumber) })}
      end={
        <>
          <CopyCurl
            small
            call={{ method: 'POST', path: `/clusters/${cluster}/drafts/${id}/rebase`, body: { revision } }}
          />
          <Button
            small
            kind="primary"
            busy={busy}
            reason={may('config.draft', cluster) ? undefined : ui('missingPermission', { permission: 'config.draft' })}
            onClick={() => void rebase()}
          >
            {t('rebase', { number: String(conflict.wantedNumber) })}
          </Button>
        </>
      }
    >
      <div className="panel-part">
        <p>{t('text', { base: String(conflict.baseNumber ?? 0), number: String(conflict.wantedNumber) })}</p>
        {conflict.both.length > 0 && (
          <p className="mt-2 flex items-start gap-2">
            <Glyph kind="degraded" />
            <span>{t('both', { names: conflict.both.join(', ') })}</span>
          </p>
        )}
        {trouble !== '' && (
          <p className="tone-down mt-2" role="alert">
            {trouble}
          </p>
        )}
      </div>
      {theirs.length > 0 && <ChangeList changes={theirs} />}
    </Panel>
  );
}
