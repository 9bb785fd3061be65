'use client';

import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { type DragEvent, useState } from 'react';
import { useMay } from '../../../frame/me.tsx';
import { api, failureOf } from '../../../live/api.ts';
import { useTopic } from '../../../live/live.tsx';
import { Button } from '../../../ui/button.tsx';
import { CopyCurl } from '../../../ui/copy-curl.tsx';
import { cx } from '../../../ui/cx.ts';
import { Field } from '../../../ui/field.tsx';
import { Input } from '../../../ui/input.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { Select } from '../../../ui/select.tsx';
import { Textarea } from '../../../ui/textarea.tsx';
import { ConfigFrame } from '../config-frame.tsx';
import type { DraftFiles } from '../draft-desk.ts';
import { Findings } from '../review/findings.tsx';
import { useRoom } from '../room.tsx';

const FILE_CHARS_MAX = 1_000_000;

/** What a proxy runs as a new version, or a file from elsewhere as a draft. */
export function Import() {
  return (
    <ConfigFrame>
      <div className="import">
        <FromProxy />
        <FromFile />
      </div>
    </ConfigFrame>
  );
}

function FromProxy() {
  const t = useTranslations('config.import');
  const ui = useTranslations('ui.button');
  const router = useRouter();
  const may = useMay();
  const { cluster, base, wanted } = useRoom();
  const { data: status } = useTopic(cluster, 'status');
  const names = status?.proxies.map(({ name }) => name) ?? [];
  const [chosen, setChosen] = useState('');
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState('');
  const proxy = names.includes(chosen) ? chosen : (names[0] ?? '');
  const take = async (): Promise<void> => {
    setBusy(true);
    setTrouble('');
    try {
      const { number } = await api.config.versions.importRunning.mutate({ cluster, proxy, reason });
      router.push(`${base}/config/history/${number}`);
    } catch (error) {
      setTrouble(failureOf(error).message);
      setBusy(false);
    }
  };
  return (
    <Panel title={t('fromProxy')}>
      <div className="panel-part grid gap-3">
        <p className="muted">{t('fromProxyText')}</p>
        <Field label={t('proxy')}>
          {(field) => (
            <Select
              field={field}
              value={proxy}
              options={names.map((name) => ({ value: name, label: name }))}
              onChange={setChosen}
            />
          )}
        </Field>
        <Field label={t('reason')} messages={trouble === '' ? [] : [{ kind: 'error', text: trouble }]}>
          {(field) => <Input field={field} value={reason} onChange={setReason} />}
        </Field>
        <div className="flex flex-wrap gap-2">
          <Button
            kind="primary"
            busy={busy}
            reason={
              !may('config.apply', cluster)
                ? ui('missingPermission', { permission: 'config.apply' })
                : proxy === ''
                  ? t('noProxy')
                  : undefined
            }
            onClick={() => void take()}
          >
            {wanted.data === null ? t('takeFirst', { proxy }) : t('take', { proxy })}
          </Button>
          <CopyCurl call={{ method: 'POST', path: `/clusters/${cluster}/versions/import`, body: { proxy, reason } }} />
        </div>
      </div>
    </Panel>
  );
}

function FromFile() {
  const t = useTranslations('config.import');
  const ui = useTranslations('ui.button');
  const router = useRouter();
  const may = useMay();
  const { cluster, base, desk, check, runCheck, wanted } = useRoom();
  const [conf, setConf] = useState('');
  const [hba, setHba] = useState('');
  const [over, setOver] = useState(false);
  const [looked, setLooked] = useState<DraftFiles | null>(null);
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState('');
  const files = (): DraftFiles => {
    // What is not given stays as it is wanted now.
    const kept = hba.trim() === '' ? wanted.data?.files['pool_hba.conf'] : hba;
    return { 'pgpool.conf': conf, ...(kept === undefined ? {} : { 'pool_hba.conf': kept }) };
  };
  const read = async (list: FileList | null): Promise<void> => {
    setTrouble('');
    for (const file of [...(list ?? [])]) {
      if (file.size > FILE_CHARS_MAX) {
        setTrouble(t('tooLarge', { name: file.name }));
        continue;
      }
      const text = await file.text();
      if (/hba/i.test(file.name)) setHba(text);
      else setConf(text);
      setLooked(null);
    }
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    void read(event.dataTransfer.files);
  };
  const begin = async (): Promise<void> => {
    setBusy(true);
    setTrouble('');
    try {
      const draft = await api.config.drafts.create.mutate({ cluster, title: t('draftTitle'), files: files() });
      await desk.load(draft.id, true);
      router.push(`${base}/config/drafts/${draft.id}`);
    } catch (error) {
      setTrouble(failureOf(error).message);
      setBusy(false);
    }
  };
  const empty = conf.trim() === '' ? t('noText') : undefined;
  const shown = looked !== null && check.of === looked ? check : null;
  return (
    <div className="stack">
      <Panel title={t('fromFile')} className={cx(over && 'drop-over')}>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is a shortcut; the file button does the same */}
        <div
          className="panel-part grid gap-3"
          onDragOver={(event) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={drop}
        >
          <p className="muted">{t('fromFileText')}</p>
          <label className="field">
            <span className="field-label">{t('choose')}</span>
            <input
              type="file"
              multiple
              accept=".conf,.sample,.txt,text/plain"
              onChange={(event) => void read(event.target.files)}
            />
          </label>
          <Field label={t('conf')} messages={trouble === '' ? [] : [{ kind: 'error', text: trouble }]}>
            {(field) => (
              <Textarea
                field={field}
                mono
                rows={12}
                value={conf}
                maxLength={FILE_CHARS_MAX}
                onChange={(text) => {
                  setConf(text);
                  setLooked(null);
                }}
              />
            )}
          </Field>
          <Field label={t('hba')} hint={t('hbaHint')}>
            {(field) => (
              <Textarea
                field={field}
                mono
                rows={4}
                value={hba}
                maxLength={FILE_CHARS_MAX}
                onChange={(text) => {
                  setHba(text);
                  setLooked(null);
                }}
              />
            )}
          </Field>
          <div className="flex flex-wrap gap-2">
            <Button
              reason={empty}
              busy={shown?.busy === true}
              onClick={() => {
                const given = files();
                setLooked(given);
                runCheck(given);
              }}
            >
              {t('look')}
            </Button>
            <Button
              kind="primary"
              busy={busy}
              reason={may('config.draft', cluster) ? empty : ui('missingPermission', { permission: 'config.draft' })}
              onClick={() => void begin()}
            >
              {t('begin')}
            </Button>
          </div>
        </div>
      </Panel>
      {shown !== null && <Findings check={shown} onAgain={() => runCheck(shown.of ?? files())} />}
    </div>
  );
}
