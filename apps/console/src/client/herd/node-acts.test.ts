import { expect, it } from 'vitest';
import type { ClusterStatus, NodeView } from '../../shared/live/topics.ts';
import { bringBack, deadActs } from './node-acts.ts';

const facts = {
  ...{ id: 1, status: 'up', pgStatus: 'up', role: 'standby', pgRole: 'standby', attached: true, replaced: false },
  ...{ timeline: 3, systemIdentifier: '7', upstream: { host: 'a', port: 5432 }, replicationState: 'streaming' },
};
const node = (change: Partial<NodeView>): NodeView => ({ ...facts, ...change }) as NodeView;
const primary = node({ id: 0, role: 'primary', pgRole: 'primary', upstream: null, replicationState: '' });
const herd = (one: NodeView, more: Partial<ClusterStatus> = {}) => ({
  ...{ nodes: [primary, one], primary: 0, running: [] },
  ...more,
});

const OUT = { status: 'down', attached: false } as const;

it.each<[string, Partial<NodeView>, ReturnType<typeof bringBack>]>([
  ['a node that serves needs no way back', {}, null],
  ['one that still receives is attached', OUT, { choice: 'attach', because: 'receives' }],
  ['one that is silent is started first', { ...OUT, pgStatus: 'down' }, { choice: 'start', because: 'silent' }],
  ['an old primary is recovered', { ...OUT, replaced: true }, { choice: 'recover', because: 'replaced' }],
  ['a second primary is recovered', { ...OUT, pgRole: 'primary' }, { choice: 'recover', because: 'secondPrimary' }],
  ['another timeline is recovered', { ...OUT, timeline: 2 }, { choice: 'recover', because: 'otherTimeline' }],
  ['a stranger is recovered', { ...OUT, systemIdentifier: '8' }, { choice: 'recover', because: 'otherSystem' }],
  [
    'one that receives nothing is recovered',
    { ...OUT, upstream: null, replicationState: '' },
    { choice: 'recover', because: 'notReceiving' },
  ],
])('%s', (_, change, way) => expect(bringBack(node(change), herd(node(change)))).toEqual(way));

it('offers acts only where they have something to do', () => {
  const standby = node({});
  expect(deadActs(standby, herd(standby))).toEqual({
    ...{ attach: 'attached', detach: null, recover: null, switchover: null, failover: null, relabel: null },
  });
  expect(deadActs(primary, herd(standby))).toMatchObject({
    switchover: 'isPrimary',
    recover: 'isPrimary',
    detach: null,
  });
  const out = node(OUT);
  expect(deadActs(out, herd(out))).toMatchObject({ attach: null, detach: 'detached', switchover: 'isOut' });
  const old = node({ ...OUT, replaced: true });
  expect(deadActs(old, herd(old))).toMatchObject({ attach: 'replaced', recover: null });
});

it('begins nothing beside another operation but attaching', () => {
  const out = node(OUT);
  const busy = herd(out, { running: [{} as ClusterStatus['running'][number]] });
  expect(deadActs(out, busy)).toMatchObject({ attach: null, recover: 'running' });
});
