/** The tools that do something, and say in one line that it is done. */
import { CommandError } from '../errors.ts';
import { nodeOperand, type Tool } from './tool.ts';

const gracefully = (doc: string) => ({ short: 'g', long: 'gracefully', takesValue: false, doc }) as const;

const scopeOption = {
  short: 's',
  long: 'scope',
  takesValue: true,
  doc: 'local, or cluster: all of a watchdog cluster (default local)',
} as const;

const SCOPES = { c: 'cluster', cluster: 'cluster', l: 'local', local: 'local' } as const;
const MODES = { s: 'smart', smart: 'smart', f: 'fast', fast: 'fast', i: 'immediate', immediate: 'immediate' } as const;

/** @throws CommandError for none of the words */
function word<T extends string>(
  words: Readonly<Record<string, T>>,
  given: string | undefined,
  otherwise: T,
  wrong: string,
): T {
  if (given === undefined) return otherwise;
  const found = Object.hasOwn(words, given) ? words[given] : undefined;
  if (found === undefined) throw new CommandError(wrong.replace('%', given));
  return found;
}

const scopeOf = (given: string | undefined): 'local' | 'cluster' =>
  word(SCOPES, given, 'local', 'Invalid command scope "%", must be either "cluster" or "local"');

export const attachTool: Tool = {
  name: 'pcp_attach_node',
  summary: 'use a node again',
  operand: nodeOperand(true),
  async run(client, { operand }) {
    await client.attach(operand ?? 0);
    return null;
  },
};

export const detachTool: Tool = {
  name: 'pcp_detach_node',
  summary: 'leave a node out',
  operand: nodeOperand(true),
  options: [gracefully('wait until no client is connected')],
  async run(client, { operand, own }) {
    await client.detach(operand ?? 0, own.has('g'));
    return null;
  },
};

export const promoteTool: Tool = {
  name: 'pcp_promote_node',
  summary: 'take a node for the primary, or with --switchover make it the primary',
  operand: nodeOperand(true),
  options: [
    gracefully('wait until no client is connected'),
    { short: 's', long: 'switchover', takesValue: false, doc: 'make it the primary: the present one steps down' },
  ],
  async run(client, { operand, own }) {
    await client.promote(operand ?? 0, { gracefully: own.has('g'), switchover: own.has('s') });
    return null;
  },
};

export const recoverTool: Tool = {
  name: 'pcp_recovery_node',
  summary: 'make a node a standby of the present primary again, and use it',
  operand: nodeOperand(true),
  async run(client, { operand }) {
    await client.recover(operand ?? 0);
    return null;
  },
};

export const stopTool: Tool = {
  name: 'pcp_stop_pgpool',
  summary: 'stop the proxy',
  options: [
    { short: 'm', long: 'mode', takesValue: true, doc: 'smart, fast or immediate (default smart)' },
    scopeOption,
  ],
  check({ own }) {
    stopModeOf(own.get('m'));
    scopeOf(own.get('s'));
  },
  async run(client, { own }) {
    await client.stop(stopModeOf(own.get('m')), scopeOf(own.get('s')));
    return null;
  },
};

const stopModeOf = (given: string | undefined): 'smart' | 'fast' | 'immediate' =>
  word(MODES, given, 'smart', 'Invalid shutdown mode "%", must be either "smart" "immediate" or "fast" ');

export const reloadTool: Tool = {
  name: 'pcp_reload_config',
  summary: 'read the configuration again',
  options: [scopeOption],
  check: ({ own }) => void scopeOf(own.get('s')),
  async run(client, { own }) {
    await client.reload(scopeOf(own.get('s')));
    return null;
  },
};

export const rotateLogTool: Tool = {
  name: 'pcp_log_rotate',
  summary: 'go on with the log in a file opened anew',
  options: [scopeOption],
  check: ({ own }) => void scopeOf(own.get('s')),
  async run(client, { own }) {
    await client.rotateLog(scopeOf(own.get('s')));
    return null;
  },
};

export const invalidateCacheTool: Tool = {
  name: 'pcp_invalidate_query_cache',
  summary: 'empty the query cache',
  async run(client) {
    await client.invalidateCache();
    return null;
  },
};
