'use client';

import { useTranslations } from 'next-intl';
import { Fragment } from 'react';
import type { NodeView } from '../../../shared/live/topics.ts';
import { syncText } from '../../herd/sync.ts';
import { believedRole, roleOf } from '../../herd/words.ts';
import { Age } from '../../ui/age.tsx';
import { Panel, PanelPart } from '../../ui/panel.tsx';
import { useFormat } from '../../ui/use-format.ts';

interface FactListProps {
  readonly node: NodeView;
}

/** What is believed beside what was measured; the side panel of the picture shows the same. */
export function NodeFactList({ node }: FactListProps) {
  const t = useTranslations('nodes');
  const role = useTranslations('words.role');
  const format = useFormat();
  const rows: readonly (readonly [label: string, believed: string, measured: string])[] = [
    [t('facts.status'), t(`status.${node.status}`), t(`pg.${node.pgStatus}`)],
    [
      t('facts.role'),
      role(believedRole(node) ?? (node.role === 'primary' ? 'primary' : 'standby')),
      role(roleOf(node)),
    ],
    [t('facts.weight'), format.percent(node.weight), node.share === null ? '' : format.percent(node.share)],
    [t('column.sync'), '', syncText(node)],
    [t('facts.timeline'), '', node.timeline === null ? '' : String(node.timeline)],
    [t('replication.received'), '', node.receivedLsn ?? ''],
    [t('replication.replayed'), '', node.replayLsn ?? ''],
  ];
  return (
    <dl className="fact-list fact-list-3">
      <dt className="fact-list-head">
        <span className="sr-only">{t('tabs.facts')}</span>
      </dt>
      <dd className="fact-list-head">{t('facts.believed')}</dd>
      <dd className="fact-list-head">{t('facts.measured')}</dd>
      {rows.map(([label, believed, measured]) => (
        <Fragment key={label}>
          <dt>{label}</dt>
          <dd>{believed}</dd>
          <dd className="break-words">{measured}</dd>
        </Fragment>
      ))}
    </dl>
  );
}

export function Facts({ node, sourceAt }: FactListProps & { readonly sourceAt: number | null }) {
  const t = useTranslations('nodes');
  const format = useFormat();
  const more: readonly (readonly [string, string])[] = [
    [t('facts.address'), `${node.hostname}:${node.port}`],
    [t('facts.attached'), t(node.attached ? 'facts.yes' : 'facts.no')],
    [t('facts.since'), format.fullInstant(Date.parse(node.lastStatusChange))],
    [t('facts.decidedBy'), node.decidedBy],
    [t('facts.reason'), node.reason ?? ''],
    [t('facts.system'), node.systemIdentifier ?? ''],
    ...(node.replaced ? [[t('facts.replaced'), t('facts.yes')] as const] : []),
    ...(node.disagree.length > 0 ? [[t('facts.disagree'), node.disagree.join(', ')] as const] : []),
  ];
  return (
    <Panel title={t('tabs.facts')} end={<Age atMs={sourceAt} />}>
      <PanelPart className="grid gap-x-10 desk:grid-cols-2">
        <NodeFactList node={node} />
        <dl className="fact-list self-start">
          {more
            .filter(([, value]) => value !== '')
            .map(([label, value]) => (
              <Fragment key={label}>
                <dt>{label}</dt>
                <dd className="break-words">{value}</dd>
              </Fragment>
            ))}
        </dl>
      </PanelPart>
    </Panel>
  );
}
