'use client';

import { type CSSProperties, useState } from 'react';
import { Button } from '../../client/ui/button.tsx';
import { ConfigHead, ConfigRow } from '../../client/ui/config-row.tsx';
import { DraftBar } from '../../client/ui/draft-bar.tsx';
import { FilterPill } from '../../client/ui/filter-pill.tsx';
import { Input } from '../../client/ui/input.tsx';
import { Panel } from '../../client/ui/panel.tsx';
import { SearchField } from '../../client/ui/search-field.tsx';
import { StatusWord } from '../../client/ui/status-word.tsx';
import { Tabs } from '../../client/ui/tabs.tsx';
import { Toggle } from '../../client/ui/toggle.tsx';
import { SceneFrame } from './scene-frame.tsx';

const GROUPS = [
  ['Connections', '18'],
  ['Process management', '5'],
  ['Connection pooling', '2 of 11'],
  ['Load balancing', '14'],
  ['Streaming replication check', '2 of 11'],
  ['Health check', '8'],
  ['Watchdog', '26'],
] as const;

export function ConfigScene() {
  const [query, setQuery] = useState('');
  const [filter, setFilter] = useState('All 186');
  const [on, setOn] = useState(true);
  const [threshold, setThreshold] = useState('1000');
  const nothing = () => undefined;
  const running = (value: string) => [
    { proxy: 'herd-1', value },
    { proxy: 'herd-2', value },
  ];
  return (
    <SceneFrame here="configuration" crumbs={[{ label: 'Configuration', href: '/gallery/config' }, { label: 'Form' }]}>
      <div className="page-head">
        <h1 className="page-title flex-1">Configuration</h1>
        <StatusWord kind="pending">Restart pending on herd-2</StatusWord>
      </div>
      <Tabs
        label="Views"
        tabs={['Form', 'File', 'Access rules', 'Users', 'History', 'Drift'].map((label, at) => ({
          href: `/gallery/config#${at}`,
          label,
          here: at === 0,
        }))}
      />
      <div className="flex flex-wrap items-center gap-2">
        <SearchField label="Search 186 parameters" value={query} onChange={setQuery} />
        {['All 186', 'Changed 4', 'Not default 38', 'Drifted 0', 'Restart pending 1', 'Secret 6'].map((pill) => (
          <FilterPill key={pill} pressed={pill === filter} onPress={() => setFilter(pill)}>
            {pill}
          </FilterPill>
        ))}
      </div>
      <div className="columns" style={{ '--columns': '232px minmax(0, 1fr)', alignItems: 'start' } as CSSProperties}>
        <nav className="side-list only-desk sticky top-17" aria-label="Groups">
          {GROUPS.map(([name, count], at) => (
            <a
              key={name}
              href={`#${at}`}
              aria-current={at === 4 ? 'true' : undefined}
              data-changed={count.includes('of')}
            >
              {name}
              <em>{count}</em>
            </a>
          ))}
        </nav>
        <div className="stack">
          <Panel title="Streaming replication check" count="11 parameters, 2 changed">
            <ConfigHead proxies={['herd-1', 'herd-2']} />
            <ConfigRow
              name="sr_check_period"
              about="Interval of the lag and role check. 0 turns it off."
              running={running('10 s')}
              effect="reload"
              was={null}
              onTakeBack={nothing}
            >
              {(field) => <Input field={field} mono value="10" unit="s" onChange={nothing} />}
            </ConfigRow>
            <ConfigRow
              name="delay_threshold_by_time"
              about="Lag above which reads avoid a standby. 0 turns it off. Wins over delay_threshold."
              running={running('2000 ms')}
              effect="reload"
              was="2000 ms"
              onTakeBack={() => setThreshold('2000')}
            >
              {(field) => <Input field={field} mono changed value={threshold} unit="ms" onChange={setThreshold} />}
            </ConfigRow>
            <ConfigRow
              name="prefer_lower_delay_standby"
              about="Try another standby with less lag before the primary."
              running={running('off')}
              effect="reload"
              was="off"
              onTakeBack={() => setOn(false)}
            >
              {(field) => <Toggle id={field.id} label="prefer_lower_delay_standby" on={on} onChange={setOn} />}
            </ConfigRow>
          </Panel>
          <Panel title="Connection pooling" count="11 parameters, 2 changed">
            <ConfigHead proxies={['herd-1', 'herd-2']} />
            <ConfigRow
              name="max_pool"
              about="Cached user and database pairs per child. At least 0, default 4."
              running={running('4')}
              effect="restart"
              was="4"
              onTakeBack={nothing}
              messages={[{ kind: 'warning', text: '6 × 160 × 2 = 1,920 connections, node 0 allows 1,500' }]}
            >
              {(field) => <Input field={field} mono changed value="6" onChange={nothing} />}
            </ConfigRow>
            <ConfigRow
              name="client_idle_limit"
              about="Disconnect a client that is idle this long. 0 turns it off."
              running={running('0 s')}
              effect="sessions"
              was="0 s"
              onTakeBack={nothing}
              messages={[{ kind: 'error', text: 'Between 0 and 2147483647, without a sign' }]}
            >
              {(field) => <Input field={field} mono changed value="-1800" unit="s" onChange={nothing} />}
            </ConfigRow>
          </Panel>
        </div>
      </div>
      <DraftBar
        changes={4}
        title="Prepare for the winter sale"
        heaviest={{ effect: 'restart', parameter: 'max_pool' }}
        facts={[
          { title: '13 checks passed, 1 warning', note: 'checked 4 s ago' },
          { title: 'From version 41', note: '2 h old, live has not moved' },
        ]}
        acts={
          <>
            <Button>Discard…</Button>
            <Button>Check again</Button>
            <Button kind="primary">Review</Button>
          </>
        }
      />
    </SceneFrame>
  );
}
