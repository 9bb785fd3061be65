import { type Facts, type NodeFacts, place, type Reach } from '../facts.ts';
import { bad, type Finding, ok } from '../finding.ts';

const NAME = 'connection';

export function connection({ nodes, config, replaced }: Facts): Finding[] {
  if (nodes.length > 0)
    return nodes.map((node) => (replaced.includes(node.backend.id) ? wasReplaced(node) : reached(node)));
  const remedy = `Set backend_hostname0 and backend_port0 in ${config}.`;
  return [bad(NAME, 'no server is configured, so no client can be served', remedy)];
}

function reached(node: NodeFacts): Finding {
  const { backend, reach } = node;
  if (reach.ok) return ok(NAME, `${place(node)} answers`);
  const names = `backend_hostname${backend.id} and backend_port${backend.id}`;
  return bad(NAME, `${place(node)} cannot be reached: ${reach.reason}`, REMEDIES[reach.kind].replace('%', names), {
    node: backend.id,
  });
}

/** Started as it is it would take writes that no other server has. */
function wasReplaced(node: NodeFacts): Finding {
  const { reach, backend } = node;
  const how = reach.ok ? 'answers' : `cannot be reached: ${reach.reason}`;
  return bad(
    NAME,
    `${place(node)} was the primary, and another node took its place; it ${how}`,
    `${reach.ok ? 'Make it' : 'Do not start it as it is: make it'} a standby of the primary with "pgherd recover ${backend.id}".`,
    { node: backend.id, wish: { act: 'recover', node: backend.id } },
  );
}

const REMEDIES: Readonly<Record<(Reach & { ok: false })['kind'], string>> = {
  refused: 'Nobody listens there: start PostgreSQL, look at its listen_addresses and port, or correct %.',
  silent: 'The network swallows it: open the port in the firewalls on the way, see that the host is up, or correct %.',
  'no-name': 'The name leads nowhere: correct %, or the name service of this host.',
  other: 'Look at the network, and at %.',
};
