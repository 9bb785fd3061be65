/** What the frame says of the cluster: roles of people, names of acts, entries of the palette. */
export default {
  roles: {
    viewer: 'viewer',
    operator: 'operator',
    editor: 'config editor',
    approver: 'approver',
    admin: 'administrator',
  },
  acts: {
    attach: 'Attaching node {node}',
    detach: 'Detaching node {node}',
    relabel: 'Relabelling node {node} as primary',
    switchover: 'Switchover to node {node}',
    failover: 'Failover to node {node}',
    recover: 'Recovery of node {node}',
  },
  announce: {
    node: 'Node {node}: {health}',
    primary: 'Node {node} is the primary.',
    noPrimary: 'There is no primary.',
  },
  palette: {
    node: 'Node {node}',
    switchover: 'Switch over…',
    failover: 'Fail over…',
    recover: 'Recover a node…',
    parameter: 'Parameter {name}',
  },
};
