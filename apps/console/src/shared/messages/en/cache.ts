/** The query cache of the proxies. */
export default {
  title: 'Query cache',
  off: 'The query cache is off',
  offText: 'memory_cache_enabled is off on {proxies}. Every statement goes to a node, so nobody reads an old answer.',
  notTold: 'No proxy tells of a query cache',
  notToldText: 'memory_cache_enabled is on, but there are no figures: with memcached it keeps them to itself.',
  settings: 'Show the parameters',
  none: 'No proxy answered',
  nothing: 'Nothing was asked of it yet',
  nothingText: 'All figures are 0 since the start of {proxy}.',
  hit: 'Hit ratio',
  figure: 'Figure',
  value: 'Value',
  clearOpen: 'Empty the cache of {proxy}…',
  clear: 'Empty the cache of {proxy}',
  clearEffect:
    'All entries go. It takes effect at the next message of each session; statements go to the nodes meanwhile.',
  cleared: 'The cache of {proxy} is empty.',
};
