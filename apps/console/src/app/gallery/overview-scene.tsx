'use client';

import Link from 'next/link';
import { useLocale } from 'next-intl';
import type { CSSProperties } from 'react';
import { Button } from '../../client/ui/button.tsx';
import { Chart } from '../../client/ui/chart.tsx';
import { EventTable } from '../../client/ui/event-table.tsx';
import { LinkButton } from '../../client/ui/link-button.tsx';
import { Panel, PanelPart } from '../../client/ui/panel.tsx';
import { type Problem, ProblemList } from '../../client/ui/problem-list.tsx';
import { StatusWord } from '../../client/ui/status-word.tsx';
import { Strip } from '../../client/ui/strip.tsx';
import { Topology } from '../../client/ui/topology.tsx';
import { foldClients } from '../../client/ui/topology-model.ts';
import { useFormat } from '../../client/ui/use-format.ts';
import { Verdict } from '../../client/ui/verdict.tsx';
import { texts } from './overview-texts.ts';
import { errors, FELL_OUT, lag, SPAN, sessions, statements, TIMES, topology } from './sample.ts';
import { SceneFrame } from './scene-frame.tsx';

/** The Overview of the mocks, made of the real parts. */
export function OverviewScene() {
  const t = texts[useLocale()];
  const format = useFormat();
  const facts = topology(t.words);
  const small = { ...facts, clients: foldClients(facts.clients, 1, t.clients) };
  const event = [{ atMs: FELL_OUT, label: t.fellOut, tone: 'degraded' as const }];
  const problems: readonly Problem[] = t.problems.map((problem, at) => ({
    id: String(at),
    kind: at === 2 ? 'pending' : 'degraded',
    title: problem.title,
    cause: problem.cause,
    why: problem.why,
    act: (
      <Button small onClick={() => undefined}>
        {problem.act}
      </Button>
    ),
  }));
  const seconds = (value: number) => format.duration(value * 1000);
  return (
    <SceneFrame here="overview">
      <Panel label={t.state} className="verdict-panel">
        <Verdict
          kind="degraded"
          since={t.since}
          title={t.verdict}
          acts={
            <>
              <Button>{t.acknowledge}</Button>
              <LinkButton kind="primary" href="/gallery/topology">
                {t.openNode}
              </LinkButton>
            </>
          }
        >
          {t.cause}
        </Verdict>
        <Strip
          cells={t.strip.map((cell, at) => ({
            label: cell.label,
            value:
              at === 0 ? (
                <StatusWord kind="pending" />
              ) : at === 3 ? (
                <>
                  212 <span className="quiet font-normal">/ 288</span>
                </>
              ) : (
                cell.value
              ),
            note: cell.note,
            href: '/gallery',
          }))}
        />
      </Panel>
      <div className="columns" style={{ '--columns': 'minmax(0, 1fr) 480px' } as CSSProperties}>
        <Panel id="problems" title={t.problemsTitle} count={3} end={<span className="age">{t.age}</span>}>
          <ProblemList problems={problems} />
        </Panel>
        <Panel
          className="only-desk"
          title={t.topology}
          count={<span className="small">{t.topologyNote}</span>}
          end={
            <Link className="link small" href="/gallery/topology">
              {t.open}
            </Link>
          }
        >
          <Topology facts={small} small />
        </Panel>
        <Panel className="only-phone" title={t.nodesAndProxies}>
          {facts.nodes.map((node) => (
            <PanelPart key={node.id} className="flex items-center justify-between">
              <span>
                <b>{node.name}</b> <span className="muted">{node.host}</span>
              </span>
              <StatusWord kind={node.health} />
            </PanelPart>
          ))}
        </Panel>
      </div>
      <div className="columns" style={{ '--columns': 'repeat(4, minmax(0, 1fr))' } as CSSProperties}>
        <Chart
          title={t.charts[0]}
          value="212"
          unit={t.of288}
          kind="stack"
          times={TIMES}
          span={SPAN}
          format={format.number}
          level={{ kind: 'max', value: 288 }}
          events={event}
          series={[
            { id: 'active', name: t.states[0], values: sessions.active },
            { id: 'txn', name: t.states[1], values: sessions.inTransaction },
            { id: 'idle', name: t.states[2], values: sessions.idle },
          ]}
        />
        <Chart
          title={t.charts[1]}
          value="2,454"
          unit={t.perSecond}
          kind="lines"
          times={TIMES}
          span={SPAN}
          format={format.number}
          events={event}
          series={[
            { id: 'n0', name: 'n0', values: statements.n0 },
            { id: 'n1', name: 'n1', values: statements.n1 },
            { id: 'n2', name: 'n2', values: statements.n2 },
          ]}
        />
        <Chart
          title={t.charts[2]}
          value={seconds(4.8)}
          unit={t.worst}
          kind="lines"
          times={TIMES}
          span={SPAN}
          format={seconds}
          level={{ kind: 'limit', value: 2 }}
          events={event}
          series={[
            { id: 'n1', name: 'n1', values: lag.n1, line: 2 },
            { id: 'n2', name: 'n2', values: lag.n2, line: 3 },
          ]}
        />
        <Chart
          title={t.charts[3]}
          value="14"
          unit={t.in15}
          kind="bars"
          times={TIMES}
          span={SPAN}
          format={format.number}
          events={event}
          series={[
            { id: '40001', name: '40001', values: errors.map((count) => Math.min(count, 2)) },
            { id: '57014', name: '57014', values: errors.map((count) => Math.max(0, Math.min(count - 2, 1))) },
            { id: '08006', name: '08006', values: errors.map((count) => Math.max(0, count - 3)) },
          ]}
        />
      </div>
      <div className="columns" style={{ '--columns': 'minmax(0, 1fr) 480px' } as CSSProperties}>
        <Panel
          title={t.eventsTitle}
          end={
            <Link className="link small" href="/gallery">
              {t.allEvents}
            </Link>
          }
        >
          <EventTable compact events={t.events} />
        </Panel>
        <Panel
          title={t.operations}
          end={
            <Link className="link small" href="/gallery/run">
              {t.history}
            </Link>
          }
        >
          <PanelPart>
            <p>{t.nothingRuns}</p>
            <p className="muted">{t.nextRun}</p>
            <div className="mt-3 flex gap-2">
              <LinkButton small href="/gallery/candidates">
                {t.switchOver}
              </LinkButton>
              <Button small>{t.recover}</Button>
            </div>
          </PanelPart>
        </Panel>
      </div>
    </SceneFrame>
  );
}
