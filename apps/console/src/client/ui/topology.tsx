'use client';

import { useTranslations } from 'next-intl';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { cx } from './cx.ts';
import { RoleBadge } from './role-badge.tsx';
import { StatusWord } from './status-word.tsx';
import {
  type Box,
  type Edge,
  FULL,
  layOut,
  neighbour,
  SMALL,
  type TopologyFacts,
  type TopologyNode,
  type TopologyProxy,
} from './topology-model.ts';
import { useFormat } from './use-format.ts';

interface TopologyProps {
  readonly facts: TopologyFacts;
  /** The picture in small, for an overview: no replication, no facts, nothing to select. */
  readonly small?: boolean;
  readonly selected?: string | null;
  /** A proxy's or a node's id. */
  readonly onSelect?: (id: string) => void;
  /** Enter on the selected card. */
  readonly onOpen?: (id: string) => void;
}

/** Three tiers from left to right. The page shows the same as a table: this is a picture, with cards that can be chosen. */
export function Topology({ facts, small = false, selected = null, onSelect, onOpen }: TopologyProps) {
  const t = useTranslations('ui.topology');
  const root = useRef<HTMLDivElement>(null);
  const size = small ? SMALL : FULL;
  const [room, setRoom] = useState(size.leastWidth);
  useEffect(() => {
    const element = root.current;
    if (element === null) return;
    const observer = new ResizeObserver(([entry]) => setRoom(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  // A wide room is used, but not so far that the lines get long.
  const layout = useMemo(() => layOut(facts, size, Math.min(room, small ? 520 : 1080)), [facts, size, room, small]);
  const proxies = new Map(facts.proxies.map((proxy) => [proxy.id, proxy]));
  const nodes = new Map(facts.nodes.map((node) => [node.id, node]));

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    const card = (event.target as HTMLElement).closest<HTMLElement>('[data-card]');
    const id = card?.dataset['card'];
    if (id === undefined) return;
    if (event.key === 'Enter' && id === selected && onOpen !== undefined) {
      event.preventDefault();
      onOpen(id);
      return;
    }
    const to = neighbour(layout, id, event.key);
    if (to === null) return;
    event.preventDefault();
    root.current?.querySelector<HTMLElement>(`[data-card="${CSS.escape(to)}"]`)?.focus();
  };

  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms
    <div ref={root} className="topology" role="group" aria-label={t('picture')} onKeyDown={onKeyDown}>
      <div className="topology-canvas" style={{ width: layout.width, height: layout.height }}>
        <svg viewBox={`0 0 ${layout.width} ${layout.height}`} aria-hidden="true">
          {layout.edges.map((edge) => (
            <EdgeLine key={edge.key} edge={edge} />
          ))}
        </svg>
        {!small && (
          <>
            <span className="topology-tier" style={{ left: layout.tiers.client }}>
              {t('clients')}
            </span>
            <span className="topology-tier" style={{ left: layout.tiers.proxy }}>
              {t('proxies')}
            </span>
            <span className="topology-tier" style={{ left: layout.tiers.node }}>
              {t('nodes')}
            </span>
          </>
        )}
        {layout.boxes.map((box) => {
          const key = `${box.tier} ${box.id}`;
          const place = { left: box.x, top: box.y, width: box.width, height: box.height };
          if (box.tier === 'client')
            return <ClientCard key={key} box={box} facts={facts} place={place} small={small} />;
          const className = cx('topology-card', small && 'topology-card-small');
          const inside = cardInside(box, proxies, nodes, small);
          if (onSelect === undefined) {
            return (
              <div key={key} className={className} style={place}>
                {inside}
              </div>
            );
          }
          return (
            <button
              key={key}
              type="button"
              data-card={box.id}
              className={className}
              style={place}
              aria-pressed={box.id === selected}
              onClick={() => onSelect(box.id)}
            >
              {inside}
            </button>
          );
        })}
        {layout.edges.map(
          ({ key, label, health }) =>
            label !== undefined && (
              <span
                key={key}
                className={cx('edge-label', label.end && 'edge-label-end', health !== 'ok' && `tone-${health}`)}
                style={{ left: label.x, top: label.y }}
              >
                {label.text}
              </span>
            ),
        )}
      </div>
    </div>
  );
}

function EdgeLine({ edge }: { readonly edge: Edge }) {
  const bad = edge.health === 'degraded' || edge.health === 'down' ? edge.health : null;
  const className = cx(`edge-${edge.kind}`, bad !== null && `edge-replication-${bad}`);
  const { arrow } = edge;
  return (
    <>
      <path className={className} d={edge.d} strokeWidth={edge.width} />
      {arrow !== undefined && (
        <path
          className={cx('edge-arrow', bad !== null && `edge-arrow-${bad}`)}
          d={arrow.to === 'down' ? `M${arrow.x - 4} ${arrow.y - 9}h8l-4 8z` : `M${arrow.x + 9} ${arrow.y - 4}v8l-8-4z`}
        />
      )}
    </>
  );
}

interface ClientCardProps {
  readonly box: Box;
  readonly facts: TopologyFacts;
  readonly place: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
  readonly small: boolean;
}

function ClientCard({ box, facts, place, small }: ClientCardProps) {
  const t = useTranslations('ui.topology');
  const format = useFormat();
  const client = facts.clients.find(({ id }) => id === box.id);
  if (client === undefined) return null;
  const count = Object.values(client.sessions).reduce((sum, sessions) => sum + sessions, 0);
  return (
    <div className="topology-card topology-card-small topology-card-client" style={place}>
      <b className="block overflow-hidden text-ellipsis">{client.name}</b>
      <span className="small muted">{small ? format.number(count) : t('sessions', { count })}</span>
    </div>
  );
}

function cardInside(
  box: Box,
  proxies: ReadonlyMap<string, TopologyProxy>,
  nodes: ReadonlyMap<string, TopologyNode>,
  small: boolean,
) {
  if (box.tier === 'proxy') {
    const proxy = proxies.get(box.id);
    if (proxy === undefined) return null;
    return small ? <SmallProxy proxy={proxy} /> : <ProxyCard proxy={proxy} />;
  }
  const node = nodes.get(box.id);
  if (node === undefined) return null;
  return small ? <SmallNode node={node} /> : <NodeCard node={node} />;
}

function SmallProxy({ proxy }: { readonly proxy: TopologyProxy }) {
  const t = useTranslations('words.role');
  const format = useFormat();
  return (
    <>
      <span className="topology-card-head">
        <b className="topology-card-name">{proxy.name}</b>
        <StatusWord kind={proxy.health} size="small" />
      </span>
      <span className="topology-card-head small">
        <span className="muted">
          {proxy.role !== null && t(proxy.role === 'leaderVip' ? 'leaderVipShort' : proxy.role)}
        </span>
        <span>{format.number(proxy.sessions)}</span>
      </span>
    </>
  );
}

function SmallNode({ node }: { readonly node: TopologyNode }) {
  const t = useTranslations('words.role');
  const format = useFormat();
  return (
    <>
      <span className="topology-card-head">
        <b className="topology-card-name">{node.name}</b>
        <StatusWord kind={node.health} size="small" />
      </span>
      <span className="topology-card-head small">
        <span className="muted">{t(node.role)}</span>
        <span>{node.reads !== null && format.percent(node.reads)}</span>
      </span>
    </>
  );
}

function ProxyCard({ proxy }: { readonly proxy: TopologyProxy }) {
  return (
    <>
      <span className="topology-card-head">
        <span className="topology-card-name">
          <b>{proxy.name}</b>
        </span>
        <StatusWord kind={proxy.health} size="small" />
      </span>
      {proxy.role !== null && (
        <span className="mt-1 block">
          <RoleBadge measured={proxy.role} />
        </span>
      )}
      <Facts facts={proxy.facts} one />
    </>
  );
}

function NodeCard({ node }: { readonly node: TopologyNode }) {
  return (
    <>
      <span className="topology-card-head">
        <span className="topology-card-name">
          <b>{node.name}</b> <span className="small muted">{node.host}</span>
        </span>
        <StatusWord kind={node.health} size="small" />
      </span>
      <span className="mt-1 block">
        <RoleBadge measured={node.role} {...(node.believed === undefined ? {} : { believed: node.believed })} />
      </span>
      <Facts facts={node.facts} />
    </>
  );
}

function Facts({ facts, one = false }: { readonly facts: TopologyNode['facts']; readonly one?: boolean }) {
  return (
    <span className={cx('topology-card-facts', one && 'topology-card-facts-one')}>
      {facts.flatMap(([label, value]) => [
        <span key={label}>{label}</span>,
        <span key={`${label} value`}>{value}</span>,
      ])}
    </span>
  );
}

/** What the lines mean. */
export function TopologyLegend() {
  const t = useTranslations('ui.topology');
  const entries = [
    ['reads', 'edge-reads', 4],
    ['writes', 'edge-writes', 1.5],
    ['replication', 'edge-replication', 1.5],
    ['excluded', 'edge-excluded', 1],
  ] as const;
  return (
    <div className="topology-legend">
      {entries.map(([word, className, width]) => (
        <span key={word}>
          <svg viewBox="0 0 24 6" aria-hidden="true">
            <path className={className} strokeWidth={width} d="M0 3H24" />
          </svg>
          {t(word)}
        </span>
      ))}
    </div>
  );
}
