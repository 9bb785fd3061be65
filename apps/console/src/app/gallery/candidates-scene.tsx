'use client';

import { type CSSProperties, type ReactNode, useState } from 'react';
import { Button } from '../../client/ui/button.tsx';
import { type CandidateCheck, CandidateTable, type CheckResult } from '../../client/ui/candidate-table.tsx';
import { LinkButton } from '../../client/ui/link-button.tsx';
import { Panel, PanelPart } from '../../client/ui/panel.tsx';
import { Sparkline } from '../../client/ui/sparkline.tsx';
import { Wizard } from '../../client/ui/wizard.tsx';
import { lag } from './sample.ts';
import { SceneFrame } from './scene-frame.tsx';

type Outcome = readonly [CheckResult, string, ReactNode?];
const check = (group: string, name: string, limit: string, first: Outcome, second: Outcome): CandidateCheck => ({
  id: name,
  group,
  name,
  limit,
  outcomes: {
    '1': { result: first[0], value: first[1], trend: first[2] },
    '2': { result: second[0], value: second[1], trend: second[2] },
  },
});
const recent = (values: readonly number[]) => values.slice(-60);

const CHECKS = [
  check('Reachable and in step', 'Answers', 'under 1 s', ['pass', '0.8 ms'], ['pass', '1.3 ms']),
  check('Reachable and in step', 'In recovery', 'yes', ['pass', 'yes, timeline 7'], ['pass', 'yes, timeline 7']),
  check(
    'Reachable and in step',
    'Lag now and trend',
    '1 s or less',
    ['pass', '0.1 s, steady', <Sparkline key="1" values={recent(lag.n1)} max={1} />],
    ['fail', '4.8 s, growing', <Sparkline key="2" values={lag.n2} tone="down" />],
  ),
  check('Reachable and in step', 'Synchronous', 'preferred', ['pass', 'sync'], ['warn', 'async, may lose data']),
  check('Reachable and in step', 'Replay not blocked', 'no wait', ['pass', 'none'], ['fail', 'pid 48213, 6 min']),
  check('Able to serve', 'Free disk', '20 % or more', ['pass', '412 GB, 61 %'], ['pass', '388 GB, 57 %']),
  check(
    'Able to serve',
    'Replication slots',
    'one for each standby',
    ['pass', '2 of 2'],
    ['warn', '1 of 2, made on promotion'],
  ),
  check(
    'Cluster',
    'Long transactions on node 0',
    'none over 5 min',
    ['warn', '1, pid 40911, 7 min'],
    ['pass', 'would be cut either way'],
  ),
  check('Cluster', 'No other operation', 'none running', ['pass', 'none'], ['pass', 'none']),
];

export function CandidatesScene() {
  const [chosen, setChosen] = useState('1');
  return (
    <SceneFrame here="operations" crumbs={[{ label: 'Operations', href: '/gallery/run' }, { label: 'Switch over' }]}>
      <Wizard
        title="Switch over from node 0"
        steps={['Target', 'Plan', 'When', 'Confirm']}
        at={0}
        cancel={
          <LinkButton kind="quiet" href="/gallery/overview">
            Cancel
          </LinkButton>
        }
        acts={
          <>
            <span className="age">Facts 1 s old. Acting locks at 10 s.</span>
            <Button>Dry run</Button>
            <Button kind="primary">Continue with node 1</Button>
          </>
        }
      >
        <div className="columns" style={{ '--columns': 'minmax(0, 1fr) 288px', alignItems: 'start' } as CSSProperties}>
          <Panel>
            <CandidateTable
              label="Candidates"
              candidates={[
                { id: '1', name: 'Node 1', host: 'pg-b', ruledOut: null },
                { id: '2', name: 'Node 2', host: 'pg-c', ruledOut: '4.8 s behind' },
              ]}
              checks={CHECKS}
              chosen={chosen}
              onChoose={setChosen}
            />
          </Panel>
          <Panel as="aside" title="If node 1 takes over">
            <PanelPart>
              <div className="small quiet">Expected write pause</div>
              <div className="key-figure">2 to 4 s</div>
              <div className="small muted">last three switchovers: 2.1, 2.6, 3.4 s</div>
            </PanelPart>
            <PanelPart>
              <div className="small quiet">Sessions</div>
              <b>212 stay connected</b>
              <div className="small muted">68 are inside a write transaction and get an error they can retry</div>
            </PanelPart>
          </Panel>
        </div>
      </Wizard>
    </SceneFrame>
  );
}
