'use client';

import { type CSSProperties, useState } from 'react';
import { Button } from '../../client/ui/button.tsx';
import { ChangeList } from '../../client/ui/change-list.tsx';
import { RadioGroup } from '../../client/ui/choice.tsx';
import { CopyButton } from '../../client/ui/copy-button.tsx';
import { Panel, PanelPart } from '../../client/ui/panel.tsx';
import { TextDiff } from '../../client/ui/text-diff.tsx';
import { Textarea } from '../../client/ui/textarea.tsx';
import { Timeline } from '../../client/ui/timeline.tsx';
import { SceneFrame } from './scene-frame.tsx';

const file = (pool: number, idle: number, delay: number, prefer: string) =>
  [
    ...Array.from({ length: 12 }, (_, at) => `# line ${at + 1}`),
    `max_pool = ${pool}`,
    ...Array.from({ length: 7 }, (_, at) => `# more ${at + 1}`),
    `client_idle_limit = ${idle}`,
    '# between',
    `delay_threshold_by_time = ${delay}`,
    `prefer_lower_delay_standby = ${prefer}`,
  ].join('\n');

const runs = (value: string) => [
  { name: 'herd-1', note: `runs ${value}` },
  { name: 'herd-2', note: `runs ${value}` },
];

export function ReviewScene() {
  const [comment, setComment] = useState('');
  const [plan, setPlan] = useState<'all' | 'one'>('one');
  return (
    <SceneFrame
      here="configuration"
      crumbs={[{ label: 'Configuration', href: '/gallery/config' }, { label: 'Draft 42' }]}
    >
      <div className="page-head">
        <div className="min-w-0 flex-1">
          <h1 className="page-title">Draft 42: Prepare for the winter sale</h1>
          <p className="muted">4 changes against version 41, written by M. Sato. One needs a restart.</p>
        </div>
        <CopyButton label="Copy as curl" text="curl -X POST https://console/api/v1/drafts/42/apply" />
        <Button>Open in editor</Button>
      </div>
      <Timeline
        label="Progress of draft 42"
        points={[
          { label: 'Draft', note: 'M. Sato, 13:12', state: 'done' },
          { label: 'Checked', note: '13:40', state: 'now' },
          { label: 'Applied', state: 'ahead' },
        ]}
      />
      <div className="columns" style={{ '--columns': 'minmax(0, 1fr) 376px', alignItems: 'start' } as CSSProperties}>
        <div className="stack">
          <Panel label="Changes" className="overflow-hidden">
            <ChangeList
              costs={{
                restart: 'each proxy ends its sessions once, one proxy at a time',
                reload: 'at once, no session ends',
                sessions: 'open sessions keep the old value until they reconnect',
              }}
              changes={[
                {
                  name: 'max_pool',
                  before: '4',
                  after: '6',
                  effect: 'restart',
                  sentence: 'Each child keeps 6 user and database pairs instead of 4.',
                  proxies: runs('4, 108 sessions end'),
                },
                {
                  name: 'delay_threshold_by_time',
                  before: '2000 ms',
                  after: '1000 ms',
                  effect: 'reload',
                  sentence: 'Reads leave a standby when it is more than 1 s behind, before it was 2 s.',
                  proxies: runs('2000 ms'),
                },
                {
                  name: 'prefer_lower_delay_standby',
                  before: 'off',
                  after: 'on',
                  effect: 'reload',
                  sentence: 'A read whose standby is too far behind tries the other standby before the primary.',
                  proxies: runs('off'),
                },
                {
                  name: 'client_idle_limit',
                  before: '0 s',
                  after: '1800 s',
                  effect: 'sessions',
                  sentence: 'A client that is idle for 30 minutes is disconnected.',
                  proxies: runs('0 s'),
                },
              ]}
            />
          </Panel>
          <TextDiff title="pgpool.conf" before={file(4, 0, 2000, 'off')} after={file(6, 1800, 1000, 'on')} />
        </div>
        <div className="stack">
          <Panel label="Apply">
            <div className="echo" style={{ padding: '14px 16px 16px 24px' }}>
              <h2 className="text-lg">Apply draft 42</h2>
              <p className="muted mt-1 mb-2">Both proxies accept it in a dry run.</p>
              <Textarea label="Reason" placeholder="Reason" value={comment} onChange={setComment} />
              <div className="mt-3 flex gap-2">
                <Button kind="primary">Apply draft 42…</Button>
              </div>
            </div>
          </Panel>
          <Panel title="How to apply">
            <PanelPart>
              <RadioGroup
                label="How to apply"
                value={plan}
                onChange={setPlan}
                options={[
                  { value: 'all', label: 'All proxies at once', hint: 'fastest, no way to compare' },
                  { value: 'one', label: 'One by one', hint: 'herd-2, then herd-1' },
                ]}
              />
            </PanelPart>
          </Panel>
        </div>
      </div>
    </SceneFrame>
  );
}
