'use client';

import type { CSSProperties } from 'react';
import { Button } from '../../client/ui/button.tsx';
import { Chart } from '../../client/ui/chart.tsx';
import { CopyButton } from '../../client/ui/copy-button.tsx';
import { type LogLine, LogView } from '../../client/ui/log-view.tsx';
import { Panel, PanelPart } from '../../client/ui/panel.tsx';
import { RoleBadge } from '../../client/ui/role-badge.tsx';
import { type RunStep, RunSteps } from '../../client/ui/run-steps.tsx';
import { StatusWord } from '../../client/ui/status-word.tsx';
import { Strip } from '../../client/ui/strip.tsx';
import { useFormat } from '../../client/ui/use-format.ts';
import { Verdict } from '../../client/ui/verdict.tsx';
import { ActionBar } from '../../client/ui/wizard.tsx';
import { lag, NOW, TIMES } from './sample.ts';
import { SceneFrame } from './scene-frame.tsx';

const STEPS: readonly RunStep[] = [
  {
    id: '1',
    title: 'Repeat the pre-flight checks',
    detail: '12 checks, no change since 14:20',
    state: 'done',
    tookMs: 400,
  },
  { id: '2', title: 'Hold new writes on both proxies', detail: 'reads continue on node 1', state: 'done', tookMs: 100 },
  {
    id: '3',
    title: 'Wait until node 1 has replayed everything',
    detail: '7/3A4F21C8 written, 7/3A4F21C8 replayed',
    state: 'done',
    tookMs: 600,
  },
  {
    id: '4',
    title: 'Promote node 1',
    detail: 'pg_promote() called, waiting for pg_is_in_recovery() to turn false',
    state: 'running',
    tookMs: 1100,
  },
  { id: '5', title: 'Point both proxies at node 1', state: 'ahead', tookMs: 200 },
  { id: '6', title: 'Release held writes', state: 'ahead', tookMs: 100 },
  {
    id: '7',
    title: 'Make node 0 and node 2 follow node 1',
    detail: 'follow_primary_command',
    state: 'ahead',
    tookMs: 12_000,
  },
  { id: '8', title: 'Verify roles, timeline 8 and replication', state: 'ahead', tookMs: 3000 },
];

const line = (seq: number, text: string, source: string, level: LogLine['level'] = 'info'): LogLine => ({
  seq,
  atMs: NOW + seq * 331,
  level,
  source,
  text,
});
const LOG = [
  line(1, 'hold writes: accepted, 31 sessions waiting', 'herd-1'),
  line(2, 'hold writes: accepted, 6 sessions waiting', 'herd-2'),
  line(3, 'node 1 replayed up to 7/3A4F21C8, lag 0 bytes', 'herd-1'),
  line(4, 'received promote request', 'node 1', 'notice'),
  line(5, 'redo done at 7/3A4F2190', 'node 1'),
  line(6, 'selected new timeline ID: 8', 'node 1', 'notice'),
];

export function RunScene() {
  const format = useFormat();
  return (
    <SceneFrame here="operations" crumbs={[{ label: 'Operations', href: '/gallery/run' }, { label: '118' }]}>
      <Panel label="Operation 118">
        <Verdict
          kind="changing"
          since="step 4 of 8"
          title="Switching over to node 1"
          timer={{ label: 'Writes paused', value: '1.8 s', expected: 'expected 2 to 4 s' }}
        >
          Started 14:22:06 by M. Sato. Reason: kernel update of pg-a. You can close this page, the operation continues.
        </Verdict>
      </Panel>
      <div className="columns" style={{ '--columns': 'minmax(0, 1fr) 480px', alignItems: 'start' } as CSSProperties}>
        <Panel title="Steps" count="4 of 8" end={<span className="age">operation 118</span>}>
          <RunSteps steps={STEPS} />
        </Panel>
        <div className="stack">
          <Panel title="What clients see" end={<span className="age">now</span>}>
            <Strip
              cells={[
                { label: 'Writes held', value: '37', note: 'longest 1.8 s, limit 10 s' },
                { label: 'Reads', value: '1,412/s', note: 'all on node 1' },
                { label: 'Errors', value: '0', note: '0 sessions cut' },
              ]}
            />
          </Panel>
          <Panel title="Roles">
            <PanelPart className="flex flex-wrap items-center gap-x-3 gap-y-1">
              <b>node 0</b>
              <RoleBadge measured="primary" />
              <span className="ml-auto" />
              <StatusWord kind="changing" />
            </PanelPart>
            <PanelPart className="flex flex-wrap items-center gap-x-3 gap-y-1">
              <b>node 1</b>
              <RoleBadge measured="primary" believed="standby" />
              <span className="ml-auto" />
              <StatusWord kind="changing" />
            </PanelPart>
          </Panel>
          <Chart
            title="Lag of node 1"
            kind="lines"
            times={TIMES}
            span={{ from: NOW - 60_000, to: NOW }}
            format={(value) => format.duration(value * 1000)}
            height={64}
            end={56}
            events={[{ atMs: NOW - 20_000, label: 'writes held' }]}
            series={[{ id: 'n1', name: '', values: lag.n1, line: 2 }]}
          />
        </div>
      </div>
      <Panel title="Log" count="herd-1, node 1">
        <LogView label="Log" lines={LOG} height="140px" />
      </Panel>
      <ActionBar
        start={
          <>
            <Button reason="A promotion cannot be taken back." reasonAt="above">
              Stop the switchover
            </Button>
            <span className="age">
              Was safe until step 3. A promotion cannot be taken back; finish, then switch back.
            </span>
          </>
        }
      >
        <CopyButton label="Copy link" text="https://console/c/orders/ops/118" />
      </ActionBar>
    </SceneFrame>
  );
}
