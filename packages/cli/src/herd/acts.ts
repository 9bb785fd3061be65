/** What an operator may do to the herd. */
import { actCommand, nodeNumber } from './act.ts';

export const attachCommand = actCommand({
  name: 'attach',
  summary: 'use a node again',
  call: 'NODE [options]',
  text: 'Uses a node again that was detached. What its server is, is measured first.',
  options: '',
  accepts: [],
  dangerous: false,
  wish: (node) => (node === null ? null : { act: 'attach', node }),
});

export const detachCommand = actCommand({
  name: 'detach',
  summary: 'leave a node out',
  call: 'NODE [--gracefully] [options]',
  text: 'Leaves a node out. Nothing is done to its server. Detaching the primary leads to what failover_by says.',
  options: '  --gracefully         new clients wait, and those that are there may finish first',
  accepts: ['gracefully'],
  dangerous: false,
  wish: (node, { gracefully }) => (node === null ? null : { act: 'detach', node, gracefully: gracefully ?? false }),
});

export const switchoverCommand = actCommand({
  name: 'switchover',
  summary: 'make another node the primary, as planned',
  call: '[--to NODE] [options]',
  text: `Makes another node the primary without losing a commit. Clients that wait are not cut: new transactions are held for a
moment, the old primary is stopped cleanly, the new one is promoted, and the old one comes back as a standby.`,
  options: '  --to NODE            the new primary (default the best candidate)',
  accepts: ['to'],
  dangerous: true,
  wish: (node, { to }) => (node === null ? { act: 'switchover', to: nodeNumber(to), gracefully: false } : null),
});

export const failoverCommand = actCommand({
  name: 'failover',
  summary: 'replace a primary that is lost, or is to be given up',
  call: '[--to NODE] [--accept-loss] [options]',
  text: `Gives the primary up at once and promotes a standby. What the old primary had not sent is lost. While the primary
is well, a switchover is what you want.`,
  options: `  --to NODE            the new primary (default the best candidate)
  --accept-loss        also when more may be lost than failover_max_lost_bytes (role admin)`,
  accepts: ['to', 'accept-loss'],
  dangerous: true,
  wish: (node, values) =>
    node === null ? { act: 'failover', to: nodeNumber(values.to), acceptLoss: values['accept-loss'] ?? false } : null,
});

export const recoverCommand = actCommand({
  name: 'recover',
  summary: 'make a node a standby again, from the present primary',
  call: 'NODE [options]',
  text: `Makes a node a standby of the present primary, rewound or copied anew, and attaches it. Clients go on working. What its
data directory holds now is replaced.`,
  options: '',
  accepts: [],
  dangerous: true,
  wish: (node) => (node === null ? null : { act: 'recover', node }),
});
