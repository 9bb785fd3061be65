'use client';

import { type CSSProperties, useState } from 'react';
import { Age } from '../../client/ui/age.tsx';
import { Button } from '../../client/ui/button.tsx';
import { Chart } from '../../client/ui/chart.tsx';
import { type Column, DataTable } from '../../client/ui/data-table.tsx';
import { Panel, PanelPart } from '../../client/ui/panel.tsx';
import { StatusWord } from '../../client/ui/status-word.tsx';
import { Topology, TopologyLegend } from '../../client/ui/topology.tsx';
import type { TopologyNode } from '../../client/ui/topology-model.ts';
import { useFormat } from '../../client/ui/use-format.ts';
import { texts } from './overview-texts.ts';
import { lag, NOW, TIMES, topology } from './sample.ts';
import { SceneFrame } from './scene-frame.tsx';

const columns: readonly Column<TopologyNode>[] = [
  {
    id: 'node',
    head: 'Node',
    card: 'head',
    sortBy: ({ name }) => name,
    cell: ({ name, host }) => (
      <>
        {name} <span className="muted font-normal">{host}</span>
      </>
    ),
  },
  { id: 'health', head: 'Health', card: 'status', cell: ({ health }) => <StatusWord kind={health} /> },
  { id: 'role', head: 'Role', cell: ({ role }) => role },
  { id: 'reads', head: 'Reads', numeric: true, sortBy: ({ reads }) => reads, cell: ({ facts }) => facts[1]?.[1] },
  { id: 'lag', head: 'Lag', numeric: true, cell: ({ replication }) => replication?.label.split(',')[0] },
  { id: 'behind', head: 'Behind', numeric: true, cell: ({ replication }) => replication?.label.split(', ')[1] },
];

export function TopologyScene() {
  const [selected, setSelected] = useState<string>('2');
  const format = useFormat();
  const facts = topology(texts.en.words);
  const seconds = (value: number) => format.duration(value * 1000);
  return (
    <SceneFrame here="topology" crumbs={[{ label: 'Topology', href: '/gallery/topology' }, { label: 'node 2' }]}>
      <div className="page-head">
        <h1 className="page-title flex-1">Topology</h1>
        <Button>Add a node…</Button>
      </div>
      <div className="columns" style={{ '--columns': 'minmax(0, 1fr) 336px', alignItems: 'start' } as CSSProperties}>
        <div className="stack">
          <Panel label="Picture">
            <div className="panel-head">
              <TopologyLegend />
              <span className="panel-end">
                <Age atMs={NOW} lateMs={1e15} />
              </span>
            </div>
            <Topology facts={facts} selected={selected} onSelect={setSelected} />
          </Panel>
          <Panel
            title="The same as a table"
            count={<span className="small">Enter opens the wizard to switch over to the selected node</span>}
          >
            <DataTable
              label="Nodes"
              columns={columns}
              rows={facts.nodes}
              rowKey={({ id }) => id}
              chosen={selected}
              onOpen={({ id }) => setSelected(id)}
            />
          </Panel>
        </div>
        <Panel as="aside" label="Node 2">
          <div className="echo echo-degraded" style={{ padding: '16px 16px 14px 24px' }}>
            <h2 className="verdict-title">Node 2</h2>
            <p className="verdict-text">pg-c.orders.internal:5432</p>
            <StatusWord kind="degraded" size="large" since="for 3 min 12 s" />
            <p className="verdict-text">
              4.8 s behind and growing by 0.6 s a minute. Replay waits for a query of batch-report, pid 48213.
            </p>
            <p className="small quiet">Rule: lag above 2 s for 60 s</p>
          </div>
          <PanelPart>
            <Chart
              bare
              title="Lag, last 5 min"
              kind="lines"
              times={TIMES}
              span={{ from: NOW - 300_000, to: NOW }}
              format={seconds}
              level={{ kind: 'limit', value: 2 }}
              height={72}
              end={48}
              series={[{ id: 'n2', name: '', values: lag.n2, line: 3 }]}
            />
          </PanelPart>
          <PanelPart>
            <dl className="fact-list fact-list-3">
              <dt>Status</dt>
              <dd>up</dd>
              <dd>answers, 1.3 ms</dd>
              <dt>Role</dt>
              <dd>standby</dd>
              <dd>in recovery</dd>
              <dt>Weight</dt>
              <dd>0.40</dd>
              <dd>0.00, excluded</dd>
            </dl>
          </PanelPart>
          <PanelPart className="grid gap-2">
            <Button kind="primary">Show the blocking query</Button>
            <div className="grid grid-cols-2 gap-2">
              <Button>Detach node 2…</Button>
              <Button>Recover node 2…</Button>
            </div>
            <Button reason="Not possible now: lag 4.8 s, the limit is 1 s." reasonAt="above">
              Switch over to node 2…
            </Button>
            <p className="small quiet">Not possible now: lag 4.8 s, the limit is 1 s.</p>
          </PanelPart>
        </Panel>
      </div>
    </SceneFrame>
  );
}
