import audit from './audit.ts';
import balance from './balance.ts';
import cache from './cache.ts';
import config from './config.ts';
import door from './door.ts';
import events from './events.ts';
import frame from './frame.ts';
import herd from './herd.ts';
import logs from './logs.ts';
import nodes from './nodes.ts';
import ops from './ops.ts';
import overview from './overview.ts';
import routing from './routing.ts';
import sessions from './sessions.ts';
import settings from './settings.ts';
import shell from './shell.ts';
import topology from './topology.ts';
import ui from './ui.ts';
import verdict from './verdict.ts';
import welcome from './welcome.ts';
import words from './words.ts';

/** An area per file; a page brings its own. */
export default {
  audit,
  balance,
  cache,
  config,
  door,
  events,
  frame,
  herd,
  logs,
  nodes,
  ops,
  overview,
  routing,
  sessions,
  settings,
  shell,
  topology,
  ui,
  verdict,
  welcome,
  words,
};
