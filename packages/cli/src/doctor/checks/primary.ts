import { type Facts, type NodeFacts, place } from '../facts.ts';
import { bad, type Finding, ok, warn } from '../finding.ts';

const NAME = 'primary';

/** Who is it, by what the servers say themselves. */
export function primary({ nodes, settings, engine, replaced }: Facts): Finding[] {
  if (nodes.length === 0 || settings.backend_clustering_mode !== 'streaming_replication') return [];
  const found = nodes.filter(({ server }) => server?.isRecovering === false);
  const [one, ...others] = found;
  const declared = nodes.length === 1 ? nodes[0] : nodes.find(({ backend }) => backend.flags.alwaysPrimary);
  if (one === undefined && declared?.reach.ok === true && declared.server === null && declared.signIns.every(isWell)) {
    return [ok(NAME, `${place(declared)} is taken for the primary, as the configuration says`)];
  }
  if (one === undefined) {
    return [
      bad(
        NAME,
        `no primary is found: ${nodes.map(whyNot).join('; ')}`,
        nodes.some(({ reach }) => reach.ok)
          ? 'Promote a standby, start the primary, or let sr_check_user in: what was said of each node tells which.'
          : startThem(replaced),
      ),
    ];
  }
  if (others.length > 0) {
    return [
      bad(
        NAME,
        `several servers take writes: ${found.map((node) => `${place(node)} on timeline ${node.server?.timeline ?? 'unknown'}`).join(', ')}`,
        'Stop those that are not the primary, the ones on lower timelines first, and make each a standby again: pgherd recover NODE.',
      ),
    ];
  }
  const findings = [ok(NAME, `${place(one)} is the primary`)];
  if (engine.state === 'answers' && engine.status.primary !== one.backend.id) {
    const believed = engine.status.primary === null ? 'knows none' : `believes in node ${engine.status.primary}`;
    findings.push(
      bad(
        NAME,
        `${place(one)} takes writes, but the running engine ${believed}`,
        `See why with "pgherd events"; "pgherd attach ${one.backend.id}" if it was detached.`,
        { node: one.backend.id, wish: { act: 'attach', node: one.backend.id } },
      ),
    );
  }
  if (
    settings.sr_check_period === 0 &&
    nodes.length > 1 &&
    !settings.backends.some(({ flags }) => flags.alwaysPrimary)
  ) {
    findings.push(
      warn(NAME, 'sr_check_period is 0: a primary that changes is not noticed', 'Set sr_check_period to 10, say.'),
    );
  }
  return findings;
}

/** Nobody answers: the herd was stopped, and nothing is to be promoted. */
function startThem(replaced: readonly number[]): string {
  const left = replaced.map((id) => `node ${id}`).join(' and ');
  const but = replaced.length === 0 ? '' : `, but not ${left}, whose place was taken`;
  return `Start the servers${but}: "pgherd up" starts those that it has made.`;
}

const isWell = ({ result }: NodeFacts['signIns'][number]): boolean => result.ok;

function whyNot(node: NodeFacts): string {
  const { reach, signIns, server } = node;
  const name = `node ${node.backend.id}`;
  if (!reach.ok) return `${name} cannot be reached (${reach.reason})`;
  if (server !== null) return `${name} is in recovery`;
  const asked = signIns.find(({ account }) => account.parameter === 'sr_check_user');
  if (asked === undefined) return `${name} cannot be asked (sr_check_user is empty)`;
  return `${name} does not let ${asked.account.user} in (${asked.result.ok ? 'no answer' : asked.result.reason})`;
}
