/** The loudest sentence of the Overview: what is so, then the cause and what still works. */
export default {
  well: {
    title: 'Serving, everything as it should be',
    text: '{nodes, plural, one {# node} other {# nodes}}, {standbys, plural, =0 {no standby} one {# standby} other {# standbys}} behind node {primary}.',
  },
  noProxy: { title: 'No proxy is known yet', text: 'Add the address of a proxy in the settings.' },
  proxyLost: {
    title: 'The proxy {proxy} does not answer the console',
    text: 'Applications may still be served: the console only watches.',
  },
  noPrimary: {
    title: 'There is no primary',
    text: 'Writes fail. Reads go to {standbys, plural, =0 {nobody} one {# standby} other {# standbys}}.',
  },
  notServing: { title: 'Clients are not served', text: '{why}' },
  changing: { title: 'An operation is under way', text: 'New transactions may wait for a moment.' },
  nodeDown: { title: 'Serving without node {node}', text: '{why} Other nodes are not affected.' },
  nodeDegraded: { title: 'Serving, but node {node} has a problem', text: '{why} Other nodes are not affected.' },
  nodeOut: { title: 'Serving, with node {node} left out on purpose', text: '{why}' },
  problems: {
    title: 'Serving, with {problems, plural, one {# open problem} other {# open problems}}',
    text: 'They are listed below, the worst first.',
  },
  noStandby: { title: 'Serving without any standby', text: 'If the primary dies, nobody can take its place.' },
};
