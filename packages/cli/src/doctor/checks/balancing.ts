import { parseRedirectList, type Settings } from '@pgherd/config';
import type { Facts } from '../facts.ts';
import { bad, type Finding, ok, warn } from '../finding.ts';

const NAME = 'reads';

/** Why reads would not be spread although there are standbys. */
export function balancing(facts: Facts): Finding[] {
  const { settings, nodes, engine } = facts;
  const standbys = nodes.filter(({ server }) => server?.isRecovering === true);
  if (settings.backends.length < 2) return [ok(NAME, 'there is one server, and it answers them')];
  if (!settings.load_balance_mode) {
    return [
      warn(
        NAME,
        'load_balance_mode is off: the primary answers all reads',
        'Set load_balance_mode = on, if standbys shall answer some.',
      ),
    ];
  }
  const reading = settings.backends.filter(({ weight }) => weight > 0);
  if (reading.length === 0) {
    return [
      bad(
        NAME,
        'every backend_weight is 0: the primary answers all reads',
        'Set backend_weightN = 1 for the servers that shall answer reads.',
      ),
    ];
  }
  const findings = pins(settings);
  const readingStandbys = standbys.filter(({ backend }) => backend.weight > 0);
  if (standbys.length > 0 && readingStandbys.length === 0) {
    const ids = standbys.map(({ backend }) => `backend_weight${backend.id}`).join(', ');
    findings.push(
      bad(NAME, 'only the primary has a weight: it answers all reads', `Give the standbys weights: ${ids}.`),
    );
  }
  if (engine.state === 'answers') findings.push(...asRunning(facts, engine));
  if (findings.length > 0) return findings;
  const shares = reading.map(
    ({ id, weight }) => `node ${id} ${Math.round((100 * weight) / reading.reduce((all, b) => all + b.weight, 0))} %`,
  );
  return [ok(NAME, `they are spread by weight: ${shares.join(', ')}`)];
}

const EVERYTHING = new Set(['.*', '^.*', '.*$', '^.*$', '.+']);

/** Settings that keep each read at the primary, whatever the weights are. */
function pins(settings: Settings): Finding[] {
  const findings: Finding[] = [];
  const pinned = (parameter: string, what: string, remedy: string): void =>
    void findings.push(bad(NAME, `${parameter} ${what}: the primary answers all reads`, remedy));
  const all = settings.primary_routing_query_pattern_list.find((pattern) => EVERYTHING.has(pattern.trim()));
  if (all !== undefined) {
    pinned(
      'primary_routing_query_pattern_list',
      `holds "${all}", which fits every statement`,
      'Take it out, or name the statements that it is about.',
    );
  }
  for (const name of REDIRECTS) {
    const list = parseRedirectList(settings[name]);
    const [catchAll] = settings[name]
      .split(',')
      .filter((part) => /^\s*\^?\.[*+]\$?\s*:\s*(primary|0)\s*(\(\s*1(\.0*)?\s*\))?\s*$/i.test(part));
    if (list.ok && catchAll !== undefined) {
      pinned(
        name,
        `sends everything to the primary ("${catchAll.trim()}")`,
        'Take that entry out, or name what it is about.',
      );
    }
  }
  if (settings.disable_load_balance_on_write === 'always') {
    findings.push(
      warn(
        NAME,
        'disable_load_balance_on_write = always: after its first write a session reads from the primary to its end, and with pooled applications that soon means all of them',
        'Set it to transaction (the default), with read_after_write = session where a session must see its own writes.',
      ),
    );
  }
  return findings;
}

const REDIRECTS = [
  'user_redirect_preference_list',
  'database_redirect_preference_list',
  'app_name_redirect_preference_list',
] as const;

/** What the running engine would do with SELECT 1. */
function asRunning({ nodes }: Facts, engine: Extract<Facts['engine'], { state: 'answers' }>): Finding[] {
  const { status, readGoesTo } = engine;
  const out = status.nodes.filter(
    ({ role, status: state }) => role !== 'primary' && state !== 'up' && state !== 'waiting',
  );
  const able = nodes.filter(
    ({ server, backend }) => server?.isRecovering === true && out.some(({ id }) => id === backend.id),
  );
  const findings = able.map(({ backend: { id } }) =>
    bad(
      NAME,
      `node ${id} is a standby that answers, but the engine leaves it out (${out.find((node) => node.id === id)?.reason ?? 'detached'})`,
      `Use it again: pgherd attach ${id}.`,
      { node: id, wish: { act: 'attach', node: id } },
    ),
  );
  if (readGoesTo === null || status.primary === null || findings.length > 0) return findings;
  const spread =
    readGoesTo.among.some((id) => id !== status.primary) ||
    (readGoesTo.node !== null && readGoesTo.node !== status.primary);
  if (spread || status.nodes.every(({ id, weight }) => id === status.primary || weight === 0)) return findings;
  return [
    bad(
      NAME,
      `the running engine sends SELECT 1 to the primary: ${readGoesTo.rule} (${readGoesTo.value})`,
      'See all the rules with "pgherd explain-route \'SELECT 1\'".',
    ),
  ];
}
