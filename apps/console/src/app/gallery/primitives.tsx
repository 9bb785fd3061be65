'use client';

import dynamic from 'next/dynamic';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { useTheme } from '../../client/shell/use-preferences.ts';
import { Age } from '../../client/ui/age.tsx';
import { BigTable } from '../../client/ui/big-table.tsx';
import { Button } from '../../client/ui/button.tsx';
import { Chart } from '../../client/ui/chart.tsx';
import { Checkbox, RadioGroup } from '../../client/ui/choice.tsx';
import { ContextChip } from '../../client/ui/context-chip.tsx';
import type { Column } from '../../client/ui/data-table.tsx';
import { EmptyState } from '../../client/ui/empty-state.tsx';
import { EnvBadge } from '../../client/ui/env-badge.tsx';
import { ErrorPanel } from '../../client/ui/error-panel.tsx';
import { FactsAge } from '../../client/ui/facts-age.tsx';
import { Field } from '../../client/ui/field.tsx';
import { Glyph } from '../../client/ui/glyph.tsx';
import { Input } from '../../client/ui/input.tsx';
import { Mark } from '../../client/ui/mark.tsx';
import { Panel, PanelPart } from '../../client/ui/panel.tsx';
import { PoolBar } from '../../client/ui/pool-bar.tsx';
import { RoleBadge } from '../../client/ui/role-badge.tsx';
import { RunningTimer } from '../../client/ui/running-timer.tsx';
import { Select } from '../../client/ui/select.tsx';
import { Skeleton, SkeletonBlock } from '../../client/ui/skeleton.tsx';
import { CONFIGURATIONS, HEALTHS } from '../../client/ui/status.ts';
import { StatusWord } from '../../client/ui/status-word.tsx';
import { Textarea } from '../../client/ui/textarea.tsx';
import { Toasts, useToast } from '../../client/ui/toast.tsx';
import { Toggle } from '../../client/ui/toggle.tsx';
import { Topology } from '../../client/ui/topology.tsx';
import type { TopologyNode } from '../../client/ui/topology-model.ts';
import { useFormat } from '../../client/ui/use-format.ts';
import { Verdict } from '../../client/ui/verdict.tsx';
import { NOW, SPAN, statements, TIMES } from './sample.ts';

const ConfirmDialog = dynamic(
  () => import('../../client/ui/confirm-dialog.tsx').then((module) => module.ConfirmDialog),
  {
    ssr: false,
  },
);
const ConfirmPopover = dynamic(
  () => import('../../client/ui/confirm-popover.tsx').then((module) => module.ConfirmPopover),
  { ssr: false },
);

/** Every primitive in its states. */
export function Primitives() {
  return (
    <Toasts>
      <main className="page mx-auto max-w-[1240px]">
        <div className="page-head">
          <Mark size={48} />
          <h1 className="page-title flex-1">Gallery</h1>
          <ThemeSwitch />
        </div>
        <StatusSection />
        <ControlsSection />
        <FormSection />
        <StatesSection />
        <ManyRowsSection />
        <ChartSection />
        <CascadeSection />
      </main>
    </Toasts>
  );
}

function ThemeSwitch() {
  const { theme, choose } = useTheme();
  return <Button onClick={() => choose(theme === 'dark' ? 'light' : 'dark')}>Theme: {theme}</Button>;
}

const Row = ({ children }: { readonly children: ReactNode }) => (
  <div className="flex flex-wrap items-center gap-x-6 gap-y-2">{children}</div>
);

function StatusSection() {
  return (
    <Panel title="Status">
      <PanelPart>
        <Row>
          {HEALTHS.map((kind) => (
            <StatusWord key={kind} kind={kind} />
          ))}
        </Row>
      </PanelPart>
      <PanelPart>
        <Row>
          {CONFIGURATIONS.map((kind) => (
            <StatusWord key={kind} kind={kind} />
          ))}
        </Row>
      </PanelPart>
      <PanelPart>
        <Row>
          {[...HEALTHS, ...CONFIGURATIONS].map((kind) => (
            <Glyph key={kind} kind={kind} size="large" />
          ))}
        </Row>
      </PanelPart>
      <PanelPart>
        <Row>
          <RoleBadge measured="primary" />
          <RoleBadge measured="standbySync" />
          <RoleBadge measured="leaderVip" />
          <RoleBadge measured="member" />
          <RoleBadge measured="primary" believed="standby" />
          <EnvBadge environment="production" />
          <EnvBadge environment="staging" />
          <ContextChip effect="sessions" />
          <ContextChip effect="reload" />
          <ContextChip effect="restart" />
          <ContextChip effect="restart" hot />
        </Row>
      </PanelPart>
      {HEALTHS.map((kind) => (
        <div key={kind} className="border-line border-t">
          <Verdict kind={kind} as="h2" title="The one loudest thing on a screen" since="for 3 min 12 s">
            A page has one of these at most.
          </Verdict>
        </div>
      ))}
    </Panel>
  );
}

function ControlsSection() {
  const toast = useToast();
  const [tier, setTier] = useState<2 | 3 | 4 | null>(null);
  return (
    <Panel title="Controls">
      <PanelPart>
        <Row>
          <Button kind="primary">Switch over to node 1</Button>
          <Button>Dry run</Button>
          <Button kind="danger">Fail over to node 1</Button>
          <Button kind="quiet">Cancel</Button>
          <Button small icon="copy">
            Copy as curl
          </Button>
          <Button busy>Applying</Button>
          <Button reason="Needs the permission cluster.switchover." reasonAt="left">
            Not allowed
          </Button>
          <ConfirmPopover
            opener="Attach node 2…"
            act="Attach node 2"
            effect="Node 2 serves reads again at once."
            curl="curl -X POST https://console/api/v1/nodes/2/attach"
            onConfirm={() => toast({ kind: 'ok', text: 'Node 2 is attached.' })}
          />
          {([2, 3, 4] as const).map((one) => (
            <Button key={one} onClick={() => setTier(one)}>
              Tier {one}…
            </Button>
          ))}
          <Button onClick={() => toast({ kind: 'failed', text: 'herd-2 refused version 42: line 88, max_pool.' })}>
            Show a toast
          </Button>
        </Row>
      </PanelPart>
      {tier !== null && (
        <ConfirmDialog
          tier={tier}
          act={tier === 4 ? 'Fail over to node 1' : 'Detach node 2'}
          about="Node 2 stops serving reads until it is attached again."
          changes={[
            { what: 'Node 2', before: 'up, 14 sessions', after: 'detached' },
            { what: 'Reads of node 1', before: '74 %', after: '80 %' },
          ]}
          whoIsHit="14 sessions now; their next read goes to node 1."
          production
          objectName="node 2"
          curl="curl -X POST https://console/api/v1/nodes/2/detach"
          {...(tier === 4
            ? {
                loss: { bytes: 61 * 1024 * 1024, ms: 4800, target: 'node 1' },
                signIn: {
                  done: false,
                  form: <Input label="Password" type="password" value="" onChange={() => undefined} />,
                },
              }
            : {})}
          onConfirm={() => {
            setTier(null);
            toast({ kind: 'ok', text: 'Node 2 is detached.' });
          }}
          onClose={() => setTier(null)}
        />
      )}
    </Panel>
  );
}

function FormSection() {
  const [text, setText] = useState('1000');
  const [on, setOn] = useState(true);
  const [checked, setChecked] = useState(true);
  const [choice, setChoice] = useState<'a' | 'b'>('a');
  const [mode, setMode] = useState('streaming_replication');
  return (
    <Panel title="Forms">
      <PanelPart className="grid max-w-xl gap-4">
        <Field label="Port" hint="Where clients connect.">
          {(field) => <Input field={field} mono value={text} unit="ms" onChange={setText} />}
        </Field>
        <Field label="Changed and wrong" messages={[{ kind: 'error', text: 'Between 1 and 65535' }]}>
          {(field) => <Input field={field} mono changed value="70000" onChange={() => undefined} />}
        </Field>
        <Field label="Password">
          {(field) => <Input field={field} type="password" value="secret" onChange={() => undefined} />}
        </Field>
        <Field label="Mode" messages={[{ kind: 'warning', text: 'Writes go to node 0 only' }]}>
          {(field) => (
            <Select
              field={field}
              mono
              value={mode}
              onChange={setMode}
              options={['streaming_replication', 'logical_replication', 'raw'].map((value) => ({
                value,
                label: value,
              }))}
            />
          )}
        </Field>
        <Field label="Reason">{(field) => <Textarea field={field} value="" onChange={() => undefined} />}</Field>
        <Row>
          <Toggle label="Load balancing" on={on} onChange={setOn} />
          <Toggle label="Cannot be changed here" on={false} disabled onChange={setOn} />
          <Checkbox checked={checked} onChange={setChecked} hint="Shown after the apply.">
            Read back running values
          </Checkbox>
        </Row>
        <RadioGroup
          label="How"
          value={choice}
          onChange={setChoice}
          options={[
            { value: 'a', label: 'All proxies at once', hint: 'fastest' },
            { value: 'b', label: 'One by one' },
          ]}
        />
        <PoolBar label="herd-1" used={108} spare={32} max={160} />
      </PanelPart>
    </Panel>
  );
}

function StatesSection() {
  const [start, setStart] = useState<number | null>(null);
  useEffect(() => setStart(Date.now()), []);
  return (
    <>
      <Panel title="Loading" end={<Age atMs={start} />}>
        <Skeleton what="nodes" rows={3} />
        <SkeletonBlock what="chart" height={64} />
      </Panel>
      <Panel title="Empty" end={<Age atMs={start === null ? null : start - 42_000} />}>
        <EmptyState title="No sessions for this filter" act={<Button small>Clear the filter</Button>}>
          212 sessions are open; none belongs to batch-report.
        </EmptyState>
      </Panel>
      <ErrorPanel what="the sessions of herd-2" raw="ECONNREFUSED 10.20.0.12:9898" onRetry={() => undefined} />
      <Panel title="Ages">
        <PanelPart>
          <Row>
            <FactsAge atMs={start} limitMs={10_000} />
            <FactsAge atMs={start === null ? null : start - 20_000} limitMs={10_000} />
            {start !== null && (
              <span className="running-timer">
                <RunningTimer startedAtMs={start} />
              </span>
            )}
          </Row>
        </PanelPart>
      </Panel>
    </>
  );
}

interface ManyRow {
  readonly id: number;
  readonly user: string;
  readonly application: string;
  readonly node: number;
  readonly idleMs: number;
}

function ManyRowsSection() {
  const format = useFormat();
  const rows = useMemo<readonly ManyRow[]>(
    () =>
      Array.from({ length: 5000 }, (_, at) => ({
        id: 40_000 + at,
        user: ['shop', 'report', 'admin'][at % 3] ?? '',
        application: ['checkout-api', 'storefront', 'batch-report', 'psql'][at % 4] ?? '',
        node: at % 3,
        idleMs: (at * 7919) % 600_000,
      })),
    [],
  );
  const [keys, setKeys] = useState<ReadonlySet<string>>(new Set());
  const [chosen, setChosen] = useState<string | null>(null);
  const columns: readonly Column<ManyRow>[] = [
    { id: 'pid', head: 'pid', width: '96px', cell: ({ id }) => id, sortBy: ({ id }) => id, card: 'head' },
    { id: 'user', head: 'User', width: '120px', cell: ({ user }) => user, sortBy: ({ user }) => user },
    {
      id: 'application',
      head: 'Application',
      cell: ({ application }) => application,
      sortBy: ({ application }) => application,
    },
    { id: 'node', head: 'Node', width: '120px', cell: ({ node }) => `node ${node}`, sortBy: ({ node }) => node },
    {
      id: 'idle',
      head: 'Idle',
      width: '120px',
      numeric: true,
      cell: ({ idleMs }) => format.duration(idleMs),
      sortBy: ({ idleMs }) => idleMs,
    },
  ];
  return (
    <Panel title="5,000 rows" count={keys.size > 0 ? `${keys.size} chosen` : undefined}>
      <BigTable
        label="Sessions"
        columns={columns}
        rows={rows}
        rowKey={({ id }) => String(id)}
        dense
        height="360px"
        chosen={chosen}
        onOpen={({ id }) => setChosen(String(id))}
        selection={{ keys, onChange: setKeys }}
      />
    </Panel>
  );
}

function ChartSection() {
  const format = useFormat();
  const holed = statements.n1.map((value, at) => (at > 300 && at < 420 ? null : value));
  return (
    <Chart
      title="A gap in the measuring"
      kind="lines"
      times={TIMES}
      span={SPAN}
      format={format.number}
      events={[{ atMs: NOW - 200_000, label: 'failover', tone: 'down' }]}
      series={[
        { id: 'a', name: 'n0', values: statements.n0.map((value, at) => (at > 300 && at < 420 ? null : value)) },
        { id: 'b', name: 'n1', values: holed },
      ]}
    />
  );
}

const cascadeNode = (id: string, role: TopologyNode['role'], upstream: string | null): TopologyNode => ({
  id,
  name: `node ${id}`,
  host: `pg-${id}:5432`,
  health: id === '4' ? 'down' : 'ok',
  role,
  reads: 0.25,
  facts: [
    ['weight', '0.25'],
    ['reads', '25 %'],
  ],
  upstream,
  replication: upstream === null ? null : { health: id === '4' ? 'down' : 'ok', label: '0.1 s, 24 kB' },
});

function CascadeSection() {
  const [selected, setSelected] = useState<string | null>(null);
  const nodes = [
    cascadeNode('0', 'primary', null),
    cascadeNode('1', 'standbySync', '0'),
    cascadeNode('2', 'standbyAsync', '1'),
    cascadeNode('3', 'standbyAsync', '0'),
    cascadeNode('4', 'standbyAsync', '0'),
  ];
  return (
    <Panel title="Cascading replication">
      <Topology
        selected={selected}
        onSelect={setSelected}
        facts={{
          clients: [{ id: 'app', name: 'checkout-api', sessions: { p: 40 } }],
          proxies: [
            {
              id: 'p',
              name: 'herd-1',
              health: 'ok',
              role: null,
              sessions: 40,
              facts: [['sessions', '40 of 160']],
              links: nodes.map(({ id }) => ({
                nodeId: id,
                reads: id === '4' ? 0 : 0.25,
                writes: id === '0',
                excluded: id === '4',
              })),
            },
          ],
          nodes,
        }}
      />
    </Panel>
  );
}
